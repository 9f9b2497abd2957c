/** Style of the report: one column, light and dark by the reader's setting, tables that scroll on a phone, and paper. */
export const pageStyle = `
:root { color-scheme: light dark;
  --paper: #f7f7f5; --card: #ffffff; --ink: #1b1d22; --muted: #5f6570; --line: #e6e6e2; --axis: #b9bcc2;
  --accent: #2f5fd0; --warm: #b4541a; --good: #1c7c43; --bad: #b3352c; --mark: #eef3ff; --tile: 56px; }
@media (prefers-color-scheme: dark) { :root {
  --paper: #15171b; --card: #1d2026; --ink: #eceef2; --muted: #a0a7b4; --line: #2e323a; --axis: #555b66;
  --accent: #86a8ff; --warm: #f0a06a; --good: #62cf8e; --bad: #ff8a80; --mark: #232c44; } }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 40px 20px 64px; }
header { margin-bottom: 28px; }
h1 { font-size: clamp(1.7rem, 4.5vw, 2.5rem); line-height: 1.15; letter-spacing: -.02em; margin: 0 0 .4em; overflow-wrap: anywhere; }
h2 { font-size: 1.25rem; letter-spacing: -.01em; margin: 0 0 4px; }
h3 { font-size: .95rem; margin: 0 0 2px; }
p { margin: 0 0 12px; }
.summary { font-size: 1.1rem; max-width: 62ch; }
.small { color: var(--muted); font-size: .86rem; font-weight: 400; max-width: 110ch; overflow-wrap: anywhere; }
section { background: var(--card); border: 1px solid var(--line); border-radius: 14px; padding: 22px; margin-top: 18px; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 1px; background: var(--line); border: 1px solid var(--line); border-radius: 14px; overflow: hidden; margin: 0; }
.facts div { background: var(--card); padding: 14px 16px; }
.facts dt { color: var(--muted); font-size: .8rem; }
.facts dd { margin: 0; font-size: 1.25rem; font-weight: 600; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.facts dd small { display: block; font-size: .78rem; font-weight: 400; color: var(--muted); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 8px 10px; border-bottom: 1px solid var(--line); vertical-align: top; }
thead th { font-size: .8rem; font-weight: 600; color: var(--muted); }
tbody tr:last-child > * { border-bottom: 0; }
tbody th { font-weight: 500; }
td.number, th.number { text-align: right; } td.number { white-space: nowrap; }
tr.ours { background: var(--mark); }
tr.best th, tr.best td.first { font-weight: 700; }
.badge { display: inline-block; font-size: .72rem; font-weight: 600; line-height: 1; padding: 3px 7px; border-radius: 99px; border: 1px solid currentColor; margin-left: 6px; white-space: nowrap; vertical-align: 2px; }
.badge.best { color: var(--good); } .badge.ours { color: var(--accent); }
.bar { width: 22%; min-width: 70px; } .bar i { display: block; height: 8px; border-radius: 4px; background: var(--axis); margin-top: 8px; }
tr.ours .bar i { background: var(--accent); }
.verdict { font-size: 1.02rem; margin: 10px 0 14px; max-width: 75ch; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 400px), 1fr)); gap: 24px; margin-top: 14px; }
figure { margin: 0; min-width: 0; } figure svg { display: block; width: 100%; height: auto; }
.gallery { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 470px), 1fr)); gap: 12px; margin-top: 14px; }
.query { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: 14px; border: 1px solid var(--line); border-radius: 10px; padding: 12px; }
.query > div:first-child { width: 76px; font-size: .78rem; color: var(--muted); overflow-wrap: anywhere; }
.ranking + .ranking { margin-top: 8px; }
.ranking b { display: block; font-size: .78rem; font-weight: 600; color: var(--muted); }
.tiles { display: flex; flex-wrap: wrap; align-items: flex-start; gap: 6px; }
.hit { font-size: .72rem; line-height: 1.3; text-align: center; color: var(--muted); font-variant-numeric: tabular-nums; }
.hit.same .tile { outline: 2px solid var(--good); } .hit.other .tile { outline: 2px solid var(--bad); }
.hit.same b { color: var(--good); } .hit.other b { color: var(--bad); } .hit b { display: inline; }
.tile { display: block; width: var(--size); background-repeat: no-repeat; border-radius: 5px; outline-offset: -1px; margin-bottom: 2px; -webkit-print-color-adjust: exact; print-color-adjust: exact; }
.grid { width: auto; --tile: 96px; } .grid td, .grid th { padding: 3px 6px; border: 0; }
.two { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 400px), 1fr)); gap: 18px; }
.two section { margin-top: 18px; min-width: 0; }
.keys th { font: .84rem ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; color: var(--muted); white-space: nowrap; padding-left: 0; }
.keys td { font-size: .88rem; overflow-wrap: anywhere; } .keys th, .keys td { padding-top: 4px; padding-bottom: 4px; }
.confusion td { text-align: right; font-size: .84rem; min-width: 44px; } .confusion th { white-space: nowrap; font-size: .84rem; }
ol.steps { margin: 8px 0 0; padding-left: 1.2em; } ol.steps li + li { margin-top: 12px; }
pre { margin: 6px 0 0; padding: 10px 12px; background: var(--paper); border: 1px solid var(--line); border-radius: 8px; overflow-x: auto; font: .86rem/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; user-select: all; }
details summary { cursor: pointer; } details[open] summary { margin-bottom: 8px; }
.warnings { border-color: var(--warm); } .warnings ul { margin: 6px 0 0; padding-left: 1.2em; overflow-wrap: anywhere; }
footer { color: var(--muted); font-size: .82rem; margin-top: 24px; }
@media (max-width: 560px) { main { padding: 24px 14px 48px; } section { padding: 16px 14px; } .hide-small { display: none; } th, td { padding: 7px 6px; } .deviation { display: block; }
  .gallery { grid-template-columns: minmax(0, 1fr); } .query { grid-template-columns: minmax(0, 1fr); gap: 10px; padding: 10px; } .query > div:first-child { width: auto; display: flex; gap: 10px; align-items: center; }
  :root { --tile: 44px; } }
@media print { body { background: #fff; } section { break-inside: avoid; } }
`;
