/** Files with these endings are images: in folders and in archives. */
export const imageExtensions: ReadonlySet<string> = new Set(
  '.jpg .jpeg .jpe .jfif .pjpeg .pjp .png .apng .webp .tif .tiff .gif .svg .svgz .avif .bmp .dib .heic .heif .hif'.split(' '),
);

/** For messages: the usual ones of {@link imageExtensions}. */
export const imageExtensionsText = '.jpg .png .webp .tif .gif .svg .avif .bmp .heic';

const unread: readonly (readonly [endings: string, reason: string])[] = [
  ['.cr2 .cr3 .crw .nef .nrw .arw .srf .sr2 .dng .raf .orf .rw2 .pef .srw .x3f .3fr .iiq .kdc .dcr .mrw .erf .mef .mos .rwl .gpr', 'camera raw, not read; develop to .jpg or .tif first (darktable-cli, dcraw, rawpy)'],
  ['.jp2 .j2k .jpf .jpx .jpm .jpc .j2c', 'JPEG 2000, not read; convert first (magick mogrify -format png FILES)'],
  ['.jxl', 'JPEG XL, not read; convert first (djxl FILE.jxl FILE.png)'],
  ['.jxr .wdp .hdp .ppm .pgm .pbm .pnm .pam .pfm .tga .pcx .ico .cur .icns .exr .hdr .dds .xcf .xbm .xpm .sgi .ras .qoi .jp_ .wbmp .flif .bpg', 'image format that is not read; convert first (magick mogrify -format png FILES)'],
  ['.psd .psb .ai .eps .ps .cdr .kra .clip .procreate .afphoto', 'drawing of a program, not read; export to .png first'],
  ['.pdf .djvu', 'pages, not read; draw them first (pdftoppm -png FILE.pdf pages)'],
  ['.dcm .dicom .nii .nrrd .mha .mhd', 'medical images, not read; write slices as .png or .npy first'],
  ['.svs .ndpi .mrxs .scn .vms .vmu .bif .czi .lif .nd2 .oib .oif .ims', 'microscope slides, not read; write tiles as .png or .tif first'],
  ['.fits .fit .fts', 'FITS, not read; write .tif or .npy first (astropy)'],
  ['.mp4 .m4v .mov .avi .mkv .webm .mpg .mpeg .wmv .flv .mts .m2ts .3gp .ogv .insv', 'video, not read; take frames first (ffmpeg -i FILE -vf fps=1 frames/%06d.png)'],
  ['.zip .7z .rar .tar .tgz .tbz .tbz2 .txz .gz .bz2 .xz .zst .lz4 .cab .iso', 'archive among the files, not looked into; unpack it, or open it on its own (tar:FILE.tar)'],
  ['.parquet .npy .sslpack', 'container among the files, not looked into; open it on its own (parquet:FILE, npy:FILE, pack:FILE)'],
  ['.tfrecord .tfrecords .arrow .feather .lmdb .mdb .h5 .hdf5 .hdf .npz .beton .rec .zarr', 'container of a format that is not read; write its images as files, .tar, .npy or .parquet first'],
];

const reasons: ReadonlyMap<string, string> = new Map(unread.flatMap(([endings, reason]) => endings.split(' ').map((ending) => [ending, reason] as const)));

/** Why files with this ending, which hold images or may hold some, are not read; undefined where nothing says that they do. */
export function reasonOfUnread(extension: string): string | undefined {
  return reasons.get(extension);
}

/** Files that accompany images and are never some. */
const companions: ReadonlySet<string> = new Set(
  '.txt .md .rst .json .jsonl .ndjson .csv .tsv .xml .yaml .yml .toml .ini .cfg .conf .html .htm .css .js .ts .py .ipynb .m .r .sh .bat .log .db .sqlite .mat .pkl .pickle .pt .pth .lock .url .lnk .xmp .aae .cls .list .info .names .doc .docx .xls .xlsx .odt .rtf .bib .tex .sha256 .md5 .gitignore .license .mp3 .wav .ttf .woff .srt .geojson .kml .prj .dbf .shp .shx .tfw .jgw .pgw'.split(' '),
);

/** True for files that are known to be no images, whatever they hold. */
export function isCompanion(extension: string): boolean {
  return companions.has(extension);
}

/** The ending of a file name, in lower case; empty where it has none. */
export function extensionOf(name: string): string {
  const dot = name.lastIndexOf('.');
  const ending = dot <= 0 ? '' : name.slice(dot).toLowerCase();
  return ending.startsWith('.tfrecord-') ? '.tfrecord' : ending; // `.tfrecord-00000-of-00128`
}

/** Folders that systems, editors and archivers make for themselves: thumbnails, deleted files, shadows of files. */
const ownFolders: ReadonlySet<string> = new Set(['@eadir', '#recycle', '@recycle', '#snapshot', '@recently-snapshot', '__macosx', '$recycle.bin', 'recycler', 'system volume information', 'lost+found', '__pycache__']);

/** True for a folder that no one filled by hand, by its name: hidden, or kept by a system. */
export function isSystemFolder(name: string): boolean {
  return name.startsWith('.') || ownFolders.has(name.toLowerCase());
}

/** The image format that bytes begin with; undefined where they are none that is known. */
export function imageFormatOf(bytes: Uint8Array): { readonly name: string; readonly ending: string } | undefined {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  if (text.startsWith('\xff\xd8\xff')) return { name: 'JPEG', ending: '.jpg' };
  if (text.startsWith('\x89PNG')) return { name: 'PNG', ending: '.png' };
  if (/^GIF8[79]a/.test(text)) return { name: 'GIF', ending: '.gif' };
  if (text.startsWith('RIFF') && text.slice(8, 12) === 'WEBP') return { name: 'WebP', ending: '.webp' };
  if (text.startsWith('II*\0') || text.startsWith('MM\0*')) return { name: 'TIFF', ending: '.tif' };
  if (text.slice(4, 8) === 'ftyp' && /^(avif|avis)/.test(text.slice(8))) return { name: 'AVIF', ending: '.avif' };
  if (text.slice(4, 8) === 'ftyp' && /^(heic|heix|hevc|mif1|msf1)/.test(text.slice(8))) return { name: 'HEIC', ending: '.heic' };
  return undefined;
}
