import type { Preprocessing } from './preprocessing.js';
import { pythonTuple } from './python-literals.js';

/** Lines of Python that make `preprocess` of torchvision's transforms, and say what it takes. */
export function torchvisionPreprocess({ input_size: [channels, side], crop_pct: share, mean, std }: Preprocessing): string[] {
  const normalize = mean === undefined || std === undefined ? [] : [`transforms.Normalize(${pythonTuple(mean)}, ${pythonTuple(std)})`];
  const resize = [`transforms.Resize(${String(Math.round(side / share))}, antialias=True)`, `transforms.CenterCrop(${String(side)})`];
  const isImage = channels === 1 || channels === 3;
  const steps = isImage ? [...(channels === 1 ? ['transforms.Grayscale()'] : []), ...resize, 'transforms.ToTensor()', ...normalize] : [...resize, ...normalize];
  return [
    'from torchvision import transforms',
    `preprocess = transforms.Compose([${steps.join(', ')}])`,
    ...unknownNormalization(mean),
    isImage
      ? `# features = model(preprocess(image${channels === 3 ? ".convert('RGB')" : ''})[None]), with an image of PIL`
      : `# features = model(preprocess(bands)[None]), with a float tensor [${String(channels)}, height, width] from 0 to 1`,
  ];
}

/** A function `preprocess` in Python that needs PyTorch and, for grey and colour images, Pillow. */
export function preprocessFunction({ input_size: [channels, side], crop_pct: share, mean, std }: Preprocessing): string[] {
  const statistics = (name: string, values: readonly number[] | undefined): string[] => (values === undefined ? [] : [`${name} = torch.tensor(${pythonTuple(values)}).view(-1, 1, 1)`]);
  const normalised = mean === undefined ? 'pixels' : '(pixels - MEAN) / STD';
  const constants = [`IMAGE_SIZE, CHANNELS, CROP = ${String(side)}, ${String(channels)}, ${String(share)}`, ...statistics('MEAN', mean), ...statistics('STD', std), ...unknownNormalization(mean)];
  if (channels !== 1 && channels !== 3) {
    return [
      ...constants,
      '',
      '',
      'def preprocess(bands):',
      '    """Bands [CHANNELS, height, width] as floats from 0 to 1: the centred square, resized and normalised, [1, CHANNELS, IMAGE_SIZE, IMAGE_SIZE]."""',
      '    bands = torch.as_tensor(bands, dtype=torch.float32)',
      '    height, width = bands.shape[-2:]',
      '    side = max(1, round(CROP * min(height, width)))',
      '    top, left = (height - side) // 2, (width - side) // 2',
      '    square = bands[None, :, top : top + side, left : left + side]',
      "    pixels = functional.interpolate(square, size=(IMAGE_SIZE, IMAGE_SIZE), mode='bilinear', antialias=True)",
      `    return ${normalised}`,
    ];
  }
  return [
    ...constants,
    '',
    '',
    'def preprocess(image):',
    '    """An image of PIL: the centred square, resized and normalised, [1, CHANNELS, IMAGE_SIZE, IMAGE_SIZE]."""',
    '    from PIL import Image',
    '',
    '    width, height = image.size',
    '    side = CROP * min(width, height)',
    '    left, top = (width - side) / 2, (height - side) / 2',
    `    image = image.convert('${channels === 1 ? 'L' : 'RGB'}').resize((IMAGE_SIZE, IMAGE_SIZE), Image.BILINEAR, box=(left, top, left + side, top + side))`,
    '    pixels = torch.frombuffer(bytearray(image.tobytes()), dtype=torch.uint8).float().view(1, IMAGE_SIZE, IMAGE_SIZE, CHANNELS).permute(0, 3, 1, 2) / 255',
    `    return ${normalised}`,
  ];
}

function unknownNormalization(mean: readonly number[] | undefined): string[] {
  return mean === undefined ? ['# How the channels were normalised is not known: do it as in the training that the weights come from.'] : [];
}
