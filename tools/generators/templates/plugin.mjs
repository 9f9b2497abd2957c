export const pluginSource = ({ name, camel, pascal }) => `import { simclrViews } from '@ssl/augment';
import { scaledRecipe, type MethodPlugin, type RecipeOptions } from '@ssl/core';
import { ${camel}, ${camel}Defaults } from './${name}.js';

/** Options of the method, its views and its recipe, flat, as a configuration file gives them. */
export type ${pascal}PluginOptions = RecipeOptions & {
  readonly dimension: number;
  readonly uniformity: number;
  /** Least share of an image's area that a crop shows. */
  readonly cropScale: number;
  /** Factor on SimCLR's colour jitter. */
  readonly strength: number;
};

/** ${pascal} for \`ssl train --method ${name}\`. */
export const ${camel}Plugin: MethodPlugin<${pascal}PluginOptions> = {
  specVersion: 'ssl-plugin/1',
  name: '${name}',
  summary: 'two views of an image agree, the images of a batch spread over the sphere',
  defaults: {
    ...${camel}Defaults,
    cropScale: 0.08,
    strength: 1,
    optimizer: 'sgd',
    learningRate: 0.12,
    weightDecay: 1e-4,
    warmupEpochs: 0,
  },
  smallData: {
    dimension: 64,
    // A crop of 8 % of a 32 pixel image shows 9 x 9 pixels: nothing to recognise.
    cropScale: 0.25,
    // Half the colour distortion, as SimCLR has for CIFAR.
    strength: 0.5,
    // AdamW gets going in the first of few epochs, without warm-up.
    optimizer: 'adamw',
    learningRate: 2e-3,
    weightDecay: 0.01,
  },
  create(context, options) {
    const { cropScale, strength, optimizer, learningRate, weightDecay, warmupEpochs, ...network } = options;
    const { backbone, imageSize, channels } = context;
    return {
      method: ${camel}({ backbone, ...network }),
      views: simclrViews({ size: imageSize, channels, scale: [cropScale, 1], strength }),
      recipe: scaledRecipe(context, { optimizer, learningRate, weightDecay, warmupEpochs }),
    };
  },
};
`;
