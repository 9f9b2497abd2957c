import { enableProdMode } from '@tensorflow/tfjs-core';

// Or the first tensor of the JavaScript backend prints an advertisement for tfjs-node.
enableProdMode();
