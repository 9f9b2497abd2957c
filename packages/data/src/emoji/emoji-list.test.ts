import { describe, expect, it } from 'vitest';
import { emojiList, type IconSet, type StyleContent } from './emoji-list.js';

const icons = (...names: string[]): IconSet['icons'] => Object.fromEntries(names.map((name) => [name, { body: '' }]));

describe('emojiList', () => {
  it('joins styles by name without hyphens and by aliases', () => {
    const styles: StyleContent[] = [
      { style: 'noto', set: { icons: icons('dog-face', 'a-button-blood-type'), aliases: { 'a-button': { parent: 'a-button-blood-type' } } }, categories: { Animals: ['dog-face'], Symbols: ['a-button-blood-type'] } },
      { style: 'fxemoji', set: { icons: icons('dogface', 'abutton', 'unknown') }, categories: { Nature: ['dogface'] } },
    ];
    expect(emojiList(styles)).toEqual([
      { style: 'noto', name: 'dog-face', category: 'Animals', concept: 'dogface' },
      { style: 'noto', name: 'a-button-blood-type', category: 'Symbols', concept: 'abuttonbloodtype' },
      { style: 'fxemoji', name: 'dogface', category: 'Animals', concept: 'dogface' },
      { style: 'fxemoji', name: 'abutton', category: 'Symbols', concept: 'abuttonbloodtype' },
    ]);
  });

  it('drops skin tones, hidden icons, and second drawings of a concept in one style', () => {
    const tones = ['light', 'medium-light', 'medium', 'medium-dark', 'dark'];
    const set: IconSet = {
      icons: {
        ...icons('waving', 'waving-dark-skin-tone', 'artist', ...tones.map((tone) => `artist-${tone}`), 'police-car-light', 'police-car', 'wav-ing'),
        secret: { body: '', hidden: true },
      },
    };
    const names = Object.keys(set.icons);
    expect(emojiList([{ style: 'noto', set, categories: { All: names } }]).map(({ name }) => name)).toEqual([
      'waving', 'artist', 'police-car-light', 'police-car',
    ]);
  });

  it('does not take a mirrored picture for the same, nor hang on aliases in a circle', () => {
    const set: IconSet = { icons: icons('left', 'right'), aliases: { right: { parent: 'left', hFlip: true }, a: { parent: 'b' }, b: { parent: 'a' } } };
    expect(new Set(emojiList([{ style: 'noto', set, categories: { All: ['left', 'right'] } }]).map(({ concept }) => concept)).size).toBe(2);
  });
});
