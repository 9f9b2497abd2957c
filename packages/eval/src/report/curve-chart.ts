import { LineChart, type LineSeriesOption } from 'echarts/charts';
import { GridComponent, MarkLineComponent, type GridComponentOption, type MarkLineComponentOption } from 'echarts/components';
import { init, use, type ComposeOption } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { movingAverage } from './moving-average.js';
import { trusted, type Html } from './html.js';
import type { ReportCurve } from './report-data.js';

use([LineChart, GridComponent, MarkLineComponent, SVGRenderer]);

type ChartOption = ComposeOption<LineSeriesOption | GridComponentOption | MarkLineComponentOption>;

const size = { width: 520, height: 230 };

/** Colours are the page's own variables, so that a chart follows light and dark. */
const ink = { line: 'var(--line)', axis: 'var(--axis)', text: 'var(--muted)', curve: 'var(--accent)', reference: 'var(--warm)' };
const font = { color: ink.text, fontSize: 13, fontFamily: 'inherit' };

/** One curve as SVG, drawn on the server by echarts. `name` is its own within the page, so that charts do not share ids. */
export function curveChart(curve: ReportCurve, name = 'chart'): Html {
  const chart = init(null, null, { renderer: 'svg', ssr: true, ...size });
  chart.setOption(chartOption(curve));
  const svg = chart.renderToSVGString();
  chart.dispose();
  return trusted(
    svg
      .replace(/^<svg width="\d+" height="\d+"/, '<svg role="img"') // the page decides the size
      .replace(/<style\s*>[\s\S]*?<\/style>/g, '') // hover styles; nothing reacts here
      .replace(/ class="zr\d+-cls-\d+"/g, '')
      .replace(/\bzr\d+-/g, `${name}-`), // echarts numbers charts through the process: the same data must give the same page
  );
}

function chartOption(curve: ReportCurve): ChartOption {
  const points = curve.steps.map((step, i): [number, number | null] => [step, curve.values[i] ?? null]);
  const smooth = curve.smooth === true && points.length > 60;
  return {
    animation: false,
    grid: { left: 10, right: 18, top: 14, bottom: 6, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' },
    xAxis: {
      type: 'value',
      min: curve.steps[0] ?? 0,
      max: curve.steps.at(-1) ?? 1,
      axisLine: { lineStyle: { color: ink.axis } },
      axisTick: { show: false },
      splitLine: { show: false },
      splitNumber: 4,
      axisLabel: { ...font, hideOverlap: true, showMaxLabel: false, formatter: (value: number) => compactNumber(value) },
    },
    yAxis: {
      type: curve.scale === 'log' ? 'log' : 'value',
      scale: true,
      splitNumber: 4,
      axisLine: { show: false },
      axisTick: { show: false },
      splitLine: { lineStyle: { color: ink.line } },
      axisLabel: { ...font, formatter: (value: number) => compactNumber(value) },
    },
    series: [
      line(points, { width: smooth ? 1 : 2, opacity: smooth ? 0.35 : 1 }),
      ...(smooth ? [line(movingAverage(points), { width: 2.5, opacity: 1 })] : []),
      references(curve),
    ],
  };
}

function line(data: [number, number | null][], style: { width: number; opacity: number }): LineSeriesOption {
  return {
    type: 'line',
    data,
    silent: true,
    showSymbol: data.length < 2,
    sampling: 'lttb',
    emphasis: { disabled: true },
    lineStyle: { color: ink.curve, join: 'round', ...style },
    itemStyle: { color: ink.curve },
  };
}

function references({ references = [] }: ReportCurve): LineSeriesOption {
  return {
    type: 'line',
    data: [],
    silent: true,
    markLine: {
      silent: true,
      symbol: 'none',
      label: { position: 'insideEndTop', fontSize: 13, fontFamily: 'inherit', color: ink.reference, textBorderWidth: 0 },
      lineStyle: { color: ink.reference, type: 'dashed', width: 1.5 },
      data: references.map(({ name, value }) => ({ yAxis: value, name, label: { formatter: () => name } })),
    },
  };
}

/** '12.5k', '0.03', '2e-5': short enough for an axis. */
export function compactNumber(value: number): string {
  if (value !== 0 && Math.abs(value) < 0.001) return value.toExponential().replace(/\.?0*e/, 'e').replace(/(\.\d\d)\d+e/, '$1e');
  return new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 3, maximumSignificantDigits: 4 }).format(value);
}
