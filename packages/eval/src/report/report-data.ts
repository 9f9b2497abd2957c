/**
 * Everything an HTML report shows, as plain JSON: `report.json` beside the page, from which `ssl report` builds it again.
 * Sections whose data is left out are left out of the page.
 */
export interface ReportData {
  readonly version: 'ssl-report/1';
  /** 'SimCLR on emoji'. */
  readonly title: string;
  /** One or two sentences under the title: what was done and what came out. */
  readonly summary?: string;
  /** ISO 8601 time of writing. */
  readonly createdAt: string;
  /** Headline figures, in order: `{ label: 'Epochs', value: '52' }`. */
  readonly facts: readonly ReportFact[];
  readonly results?: ReportResults;
  readonly curves: readonly ReportCurve[];
  readonly views?: ReportViews;
  /** What the network makes of images: reconstructions, attention. */
  readonly pictures?: readonly ReportPictures[];
  readonly neighbours?: ReportNeighbours;
  /** Result of each class for one of the methods. */
  readonly classes?: ReportClasses;
  /** Resolved configuration of the run. */
  readonly configuration: JsonValue;
  /** Machine, engine, versions. */
  readonly environment: Readonly<Record<string, string>>;
  /** What went wrong without stopping the run: skipped files, skipped steps. */
  readonly warnings?: readonly string[];
  readonly nextSteps: readonly ReportStep[];
}

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue };

export interface ReportFact {
  readonly label: string;
  readonly value: string;
  /** Small print below the value. */
  readonly note?: string;
}

/** A table of what was compared. The row with the highest first figure is marked, whoever wins. */
export interface ReportResults {
  /** How it was measured: 'kNN, k = 20, …, same concept excluded'. */
  readonly protocol: string;
  /** Names of the figures, the deciding one first: `['Accuracy', 'Macro accuracy']`. */
  readonly figures: readonly string[];
  readonly rows: readonly ReportResultRow[];
}

export interface ReportResultRow {
  readonly name: string;
  /** One for each figure, as fractions (0.596). */
  readonly values: readonly number[];
  /** Standard deviation over seeds, one for each figure. */
  readonly deviations?: readonly number[];
  readonly note?: string;
  /** The run that this report is about. */
  readonly ours?: boolean;
}

export interface ReportCurve {
  /** 'Loss', 'Learning rate', 'Embedding spread', 'Images per second'. */
  readonly name: string;
  /** What a reader should see in it. */
  readonly description?: string;
  readonly unit?: string;
  /** Draw a moving average over the single values: for noisy curves. */
  readonly smooth?: boolean;
  /** Logarithmic where the values span orders of magnitude; 'linear' if left out. */
  readonly scale?: 'linear' | 'log';
  /** Optimizer steps, rising. */
  readonly steps: readonly number[];
  /** One for each step; null where there is none. */
  readonly values: readonly (number | null)[];
  /** Horizontal lines with a name: the loss of chance, the spread of a collapse. */
  readonly references?: readonly { readonly name: string; readonly value: number }[];
}

/** Small pictures of one size in one PNG, row after row. */
export interface PictureSheet {
  /** `data:image/png;base64,…`. */
  readonly png: string;
  readonly columns: number;
  readonly rows: number;
  readonly tileWidth: number;
  readonly tileHeight: number;
  /** Pixels around each tile that repeat its edge. */
  readonly margin: number;
  /** Tiles in use. */
  readonly count: number;
}

/** Originals with the views that training made of them. */
export interface ReportViews {
  readonly sheet: PictureSheet;
  readonly images: readonly {
    readonly name?: string;
    /** Tile of the original. */
    readonly original: number;
    /** Tiles of the views. */
    readonly views: readonly number[];
  }[];
}

/** Rows of pictures, one for each image; or the reason why there are none. */
export type ReportPictures = ReportPictureGrid | ReportMissingPictures;

export interface ReportPictureGrid {
  /** 'Reconstructions'. */
  readonly title: string;
  readonly caption?: string;
  /** Tile `row * columns.length + column`. */
  readonly sheet: PictureSheet;
  readonly columns: readonly string[];
  /** Names of the images, one a row. */
  readonly names?: readonly string[];
}

export interface ReportMissingPictures {
  readonly title: string;
  /** Why there is no picture, and what would give one. */
  readonly missing: string;
}

/** Query pictures with their nearest neighbours under several features, side by side. */
export interface ReportNeighbours {
  readonly sheet: PictureSheet;
  /** How the queries were chosen and what does not count as a neighbour. */
  readonly caption?: string;
  /** Names of the compared features, in order: `['Raw pixels', 'Trained']`. */
  readonly rankings: readonly string[];
  readonly queries: readonly {
    readonly tile: number;
    readonly label?: string;
    /** For each ranking the neighbours, nearest first. */
    readonly neighbours: readonly (readonly ReportNeighbour[])[];
  }[];
}

export interface ReportNeighbour {
  readonly tile: number;
  /** Cosine. */
  readonly similarity: number;
  readonly label?: string;
  /** Of the query's class; left out where nothing is labelled. */
  readonly sameClass?: boolean;
}

export interface ReportClasses {
  /** Whose result: 'Trained'. */
  readonly name: string;
  readonly classes: readonly {
    readonly name: string;
    readonly support: number;
    /** Null where the class has no image. */
    readonly recall: number | null;
    /** Null where it was never the answer. */
    readonly precision: number | null;
  }[];
  /** Rows are true classes, columns predicted ones; counts. */
  readonly confusion?: readonly (readonly number[])[];
}

export interface ReportStep {
  readonly text: string;
  /** A command line to copy. */
  readonly command?: string;
}
