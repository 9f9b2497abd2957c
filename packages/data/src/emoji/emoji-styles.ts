import type { NpmPackage } from '../fetch/fetch-npm-packages.js';

/** A drawing style of the emoji set. */
export interface EmojiStyle extends NpmPackage {
  /** Short name: `noto`. */
  readonly style: string;
}

/** The nine drawing styles, fetched from npm; each has its own licence. */
export const emojiStyles: readonly EmojiStyle[] = [
  {
    style: 'noto',
    name: '@iconify-json/noto',
    version: '1.2.9',
    sha256: '3e918d88fc945c0bb3d468dbace6f88caef67f01c9f0e7bcae0915a042e8f1ad',
    bytes: 3102958,
    license: 'Apache-2.0',
  },
  {
    style: 'noto-v1',
    name: '@iconify-json/noto-v1',
    version: '1.2.5',
    sha256: '2bf62c26c2c2884aa99e90aec942cdaee17a5921f05690694f4978ad4b017c37',
    bytes: 1587591,
    license: 'Apache-2.0',
  },
  {
    style: 'twemoji',
    name: '@iconify-json/twemoji',
    version: '1.2.5',
    sha256: '19046dff7d8707ce96212ec86468b36ac5f8e60409629dd13f809265c6d0ebb7',
    bytes: 1555888,
    license: 'CC-BY-4.0',
  },
  {
    style: 'fluent-emoji',
    name: '@iconify-json/fluent-emoji',
    version: '1.2.7',
    sha256: '8044210dbf11e016d4de85f15d01a243423bd832457e7e2491df1b751c0e272b',
    bytes: 14323330,
    license: 'MIT',
  },
  {
    style: 'fluent-emoji-flat',
    name: '@iconify-json/fluent-emoji-flat',
    version: '1.2.6',
    sha256: '7d064769dee690815f823bc5bcc511d957198caf9f5edd8dd9c1aa48a6aeb175',
    bytes: 1172438,
    license: 'MIT',
  },
  {
    style: 'emojione',
    name: '@iconify-json/emojione',
    version: '1.2.3',
    sha256: '26a14f44284407e8bcde91799388dca2bfd91dbcd55a97f425524a1c5b73610e',
    bytes: 687690,
    license: 'CC-BY-4.0',
  },
  {
    style: 'emojione-v1',
    name: '@iconify-json/emojione-v1',
    version: '1.2.3',
    sha256: '6641d59d48a42823fdc2b84e7427e9f302944eb98d2c7d94d6e67c139e7b37b3',
    bytes: 3704153,
    license: 'CC-BY-SA-4.0',
  },
  {
    style: 'fxemoji',
    name: '@iconify-json/fxemoji',
    version: '1.2.2',
    sha256: 'f3e72b3c59d05e1db03b7e308d55c0d05bd7ba3f625a90da1b79313c12858eef',
    bytes: 1034876,
    license: 'Apache-2.0',
  },
  {
    style: 'streamline-emojis',
    name: '@iconify-json/streamline-emojis',
    version: '1.2.4',
    sha256: '5dac87c876b322500989828c5823143e0100d78881627a2e4081a4b897cbfdbc',
    bytes: 381714,
    license: 'CC-BY-4.0',
  },
];
