import { ByteWriter, ParquetWriter, type ColumnSource, type SchemaElement } from 'hyparquet-writer';
import { pieces, type EmbeddedRow, type WriteRows } from './embedding-rows.js';

const schema: SchemaElement[] = [
  { name: 'root', num_children: 3 },
  { name: 'name', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
  { name: 'class', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
  { name: 'features', converted_type: 'LIST', repetition_type: 'REQUIRED', num_children: 1 },
  { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
  { name: 'element', type: 'FLOAT', repetition_type: 'REQUIRED' },
];

/** Numbers of one row group, in pieces. */
const groupPieces = 4;

/** Columns `name`, `class` and `features` (a list of floats), written row group by row group. */
export const parquetEmbeddings: WriteRows = async (file, rows) => {
  const bytes = new ByteWriter();
  const writer = new ParquetWriter({ writer: bytes, schema, statistics: false, createdBy: '@ssl/cli' });
  let group: EmbeddedRow[] = [];
  const flush = async (): Promise<void> => {
    const columns: ColumnSource[] = [
      { name: 'name', data: group.map(({ index }) => rows.nameOf(index)), encoding: 'PLAIN' },
      { name: 'class', data: group.map(({ index }) => rows.classOf(index)) },
      { name: 'features', data: group.map(({ features }) => Array.from(features)), encoding: 'PLAIN', codec: 'UNCOMPRESSED' },
    ];
    await writer.write({ columnData: columns.map((column) => ({ ...column, offsetIndex: false })), rowGroupSize: group.length });
    group = [];
    await emit();
  };
  const emit = async (): Promise<void> => {
    await file.writeFile(bytes.getBytes());
    bytes.index = 0; // `offset`, the place in the file, goes on
  };
  for await (const { rows: piece, dimension } of pieces(rows)) {
    group.push(...piece);
    if (group.length * dimension >= groupPieces * rows.pieceValues) await flush();
  }
  if (group.length > 0) await flush();
  await writer.finish();
  await emit();
};
