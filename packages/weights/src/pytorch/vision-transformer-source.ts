import { visionTransformerDefaults, type VisionTransformer, type VisionTransformerOptions } from '@ssl/core';
import { pythonBoolean } from './python-literals.js';

/** The classes of a Vision Transformer in Python, the last one `Network`: only the parts that it has. */
export function visionTransformerSource(given: VisionTransformerOptions): string[] {
  const options = { ...visionTransformerDefaults, ...given };
  const side = options.imageSize / options.patchSize;
  const constants = [
    `WIDTH, DEPTH, HEADS, EPSILON = ${String(options.width)}, ${String(options.depth)}, ${String(options.heads)}, ${String(options.epsilon)}`,
    `PATCH_SIZE, SIDE = ${String(options.patchSize)}, ${String(side)}  # pixels, patches`,
  ];
  return [...constants, ...(options.positions === 'relative' ? ['', '', ...relativeIndex] : []), '', '', ...attention(options), '', '', ...feedForward(options), '', '', ...block(options), '', '', ...network(options)];
}

type Options = VisionTransformer['options'];

const relativeIndex = [
  'def relative_position_index():',
  '    """Which entry of the table belongs to each pair of tokens, the class token first."""',
  '    place = torch.arange(SIDE * SIDE)',
  '    row, column = place // SIDE, place % SIDE',
  '    span = 2 * SIDE - 1',
  '    index = torch.full((SIDE * SIDE + 1, SIDE * SIDE + 1), span * span + 1)',
  '    index[0], index[0, 0] = span * span, span * span + 2',
  '    index[1:, 1:] = (row[:, None] - row + SIDE - 1) * span + column[:, None] - column + SIDE - 1',
  '    return index',
];

function attention({ qkvBias, qkNorm, positions }: Options): string[] {
  const relative = positions === 'relative';
  const qkv =
    qkvBias === 'queryValue'
      ? ['        bias = torch.cat([self.q_bias, torch.zeros_like(self.q_bias), self.v_bias])', '        qkv = functional.linear(x, self.qkv.weight, bias)']
      : ['        qkv = self.qkv(x)'];
  return [
    'class Attention(nn.Module):',
    '    def __init__(self):',
    '        super().__init__()',
    `        self.qkv = nn.Linear(WIDTH, 3 * WIDTH, bias=${pythonBoolean(qkvBias === true)})`,
    ...(qkvBias === 'queryValue' ? ['        self.q_bias = nn.Parameter(torch.zeros(WIDTH))', '        self.v_bias = nn.Parameter(torch.zeros(WIDTH))'] : []),
    ...(relative ? ['        self.relative_position_bias_table = nn.Parameter(torch.zeros((2 * SIDE - 1) ** 2 + 3, HEADS))', "        self.register_buffer('index', relative_position_index(), persistent=False)"] : []),
    ...(qkNorm ? ['        self.q_norm = nn.LayerNorm(WIDTH // HEADS, eps=EPSILON)', '        self.k_norm = nn.LayerNorm(WIDTH // HEADS, eps=EPSILON)'] : []),
    '        self.proj = nn.Linear(WIDTH, WIDTH)',
    '',
    '    def forward(self, x):',
    '        batch, length, _ = x.shape',
    ...qkv,
    '        q, k, v = qkv.view(batch, length, 3, HEADS, WIDTH // HEADS).permute(2, 0, 3, 1, 4).unbind(0)',
    ...(qkNorm ? ['        q, k = self.q_norm(q), self.k_norm(k)'] : []),
    ...(relative ? ['        bias = self.relative_position_bias_table[self.index].permute(2, 0, 1)[None]'] : []),
    `        x = functional.scaled_dot_product_attention(q, k, v${relative ? ', attn_mask=bias' : ''})`,
    '        return self.proj(x.transpose(1, 2).reshape(batch, length, WIDTH))',
  ];
}

function feedForward({ width, mlpRatio, feedForward: kind }: Options): string[] {
  const hidden = Math.trunc(width * mlpRatio);
  const gated = kind === 'swiglu';
  return [
    'class FeedForward(nn.Module):',
    '    def __init__(self):',
    '        super().__init__()',
    `        self.fc1 = nn.Linear(WIDTH, ${String(hidden)})`,
    `        self.fc2 = nn.Linear(${String(gated ? hidden / 2 : hidden)}, WIDTH)`,
    '',
    '    def forward(self, x):',
    ...(gated ? ['        a, b = self.fc1(x).chunk(2, -1)', '        return self.fc2(functional.silu(a) * b)'] : ['        return self.fc2(functional.gelu(self.fc1(x)))']),
  ];
}

function block({ layerScale, naming }: Options): string[] {
  const beit = naming === 'beit';
  const scaled = layerScale !== undefined;
  const scale = (branch: number): string => (scaled ? (beit ? `self.gamma_${String(branch)} * ` : `self.ls${String(branch)}.gamma * `) : '');
  return [
    ...(scaled && !beit ? ['class LayerScale(nn.Module):', '    def __init__(self):', '        super().__init__()', '        self.gamma = nn.Parameter(torch.ones(WIDTH))', '', ''] : []),
    'class Block(nn.Module):',
    '    def __init__(self):',
    '        super().__init__()',
    '        self.norm1 = nn.LayerNorm(WIDTH, eps=EPSILON)',
    '        self.attn = Attention()',
    '        self.norm2 = nn.LayerNorm(WIDTH, eps=EPSILON)',
    '        self.mlp = FeedForward()',
    ...(scaled ? [1, 2].map((branch) => (beit ? `        self.gamma_${String(branch)} = nn.Parameter(torch.ones(WIDTH))` : `        self.ls${String(branch)} = LayerScale()`)) : []),
    '',
    '    def forward(self, x):',
    `        x = x + ${scale(1)}self.attn(self.norm1(x))`,
    `        return x + ${scale(2)}self.mlp(self.norm2(x))`,
  ];
}

function network({ channels, width, classToken, registers, positions, prefixPositions, pool, normAfterPool }: Options): string[] {
  const prefix = Number(classToken) + registers;
  const absolute = positions === 'learned' || positions === 'sincos' || positions === 'sincosRows';
  const embedded = prefixPositions ? prefix : 0;
  const tokens = [...(classToken ? ['self.cls_token'] : []), ...(registers > 0 ? ['self.reg_token'] : [])];
  const before = tokens.length === 0 ? [] : [`        before = torch.cat([${tokens.join(', ')}], 1).expand(len(x), -1, -1)`];
  const joined = tokens.length === 0 ? [] : ['        x = torch.cat([before, x], 1)'];
  const add = '        x = x + self.pos_embed';
  const placed = !absolute ? joined : embedded > 0 || prefix === 0 ? [...joined, add] : [add, ...joined];
  const pooled = pool === 'class' ? 'x[:, 0]' : `x[:, ${String(prefix)}:].mean(1)`;
  return [
    'class PatchEmbedding(nn.Module):',
    '    def __init__(self):',
    '        super().__init__()',
    `        self.proj = nn.Conv2d(${String(channels)}, WIDTH, PATCH_SIZE, PATCH_SIZE)`,
    '',
    '    def forward(self, x):',
    '        return self.proj(x).flatten(2).transpose(1, 2)',
    '',
    '',
    'class Network(nn.Module):',
    `    """Images [batch, ${String(channels)}, SIDE * PATCH_SIZE, SIDE * PATCH_SIZE] to features [batch, ${String(width)}]."""`,
    '',
    '    def __init__(self):',
    '        super().__init__()',
    '        self.patch_embed = PatchEmbedding()',
    ...(classToken ? ['        self.cls_token = nn.Parameter(torch.zeros(1, 1, WIDTH))'] : []),
    ...(registers > 0 ? [`        self.reg_token = nn.Parameter(torch.zeros(1, ${String(registers)}, WIDTH))`] : []),
    ...(absolute ? [`        self.pos_embed = nn.Parameter(torch.zeros(1, ${embedded > 0 ? `${String(embedded)} + ` : ''}SIDE * SIDE, WIDTH)${positions === 'learned' ? '' : ', requires_grad=False'})`] : []),
    '        self.blocks = nn.Sequential(*[Block() for _ in range(DEPTH)])',
    `        self.${normAfterPool ? 'fc_norm' : 'norm'} = nn.LayerNorm(WIDTH, eps=EPSILON)`,
    '',
    '    def forward(self, x):',
    '        x = self.patch_embed(x)',
    ...before,
    ...placed,
    '        x = self.blocks(x)',
    normAfterPool ? `        return self.fc_norm(${pooled})` : `        return self.norm(${pool === 'class' ? pooled : 'x'})${pool === 'class' ? '' : pooled.slice(1)}`,
  ];
}
