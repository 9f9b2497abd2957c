export const methodPage = ({ name, camel }, packageName) => `# ${name}

In [${packageName}](../../packages/${packageName.replace('@ssl/', '')}/README.md): \`${camel}\` is the method, \`${camel}Loss\` its loss, \`ssl train --method ${name}\` trains it.

\`L = mean |a - b|^2 + uniformity * log mean exp(-2 |z_i - z_j|^2)\`: two views a and b of an image agree, the images z of a batch spread
over the unit sphere (Wang and Isola, section 4). The loss mixes samples; with micro-batches the trainer caches gradients, so that loss
and gradient are those of the whole batch. Batch norm inside the network sees micro-batches; that part is not exact.

| option | default | small data | what it is |
|---|---|---|---|
| \`dimension\` | 128 | 64 | dimension of the embeddings that are compared |
| \`uniformity\` | 1 | 1 | weight of the uniformity term; 0 collapses |
`;

export const packageReadme = ({ name, camel }) => `# @ssl/${name}

The method ${name}.

\`\`\`bash
npm install @ssl/core @ssl/backend @ssl/augment @ssl/${name} @tensorflow/tfjs-core
\`\`\`

\`\`\`ts
import { simclrViews } from '@ssl/augment';
import { useBackend } from '@ssl/backend';
import { adamw, smallConvNet, train } from '@ssl/core';
import { toyLoader } from '@ssl/core/testing';
import { ${camel} } from '@ssl/${name}';

await useBackend({ device: 'auto' });
const method = ${camel}({ backbone: smallConvNet(), dimension: 64 });
const views = simclrViews({ size: 32 });
const result = await train({ method, views, loader: toyLoader({ size: 32 }), optimizer: adamw(), learningRate: 2e-3, steps: 5 });
console.log(result.loss);
\`\`\`

| name | what it is |
|---|---|
`;
