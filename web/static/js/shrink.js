/** Smaller copies of pictures, made in the browser: what the camera wrote into the file stays behind. */

const TYPE = "image/jpeg";
const QUALITIES = [0.86, 0.75, 0.6];
/** Each try has this share of the sides of the one before. */
const STEP = 0.75;
const LARGEST_SIDE = 2560;
const SMALLEST_SIDE = 160;

/**
 * A JPEG of at most `most` bytes, the best that fits; null where the browser cannot open the picture or nothing fits.
 * A moving picture becomes a still one.
 * @param {Blob} file @param {number} most bytes @returns {Promise<Blob|null>}
 */
export async function shrink(file, most) {
  const picture = await createImageBitmap(file).catch(() => null);
  if (!picture) return null;
  try {
    let scale = Math.min(1, LARGEST_SIDE / Math.max(picture.width, picture.height));
    while (Math.max(picture.width, picture.height) * scale >= SMALLEST_SIDE || scale === 1) {
      const canvas = drawn(picture, scale);
      for (const quality of QUALITIES) {
        const copy = await new Promise((/** @type {(blob: Blob|null) => void} */ done) => canvas.toBlob(done, TYPE, quality));
        if (copy && copy.size <= most) return copy;
      }
      scale *= STEP;
    }
    return null;
  } finally {
    picture.close();
  }
}

/** @param {ImageBitmap} picture @param {number} scale */
function drawn(picture, scale) {
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(picture.width * scale));
  canvas.height = Math.max(1, Math.round(picture.height * scale));
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  // A JPEG has no see-through: what was, becomes white and not black.
  pen.fillStyle = "white";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.imageSmoothingQuality = "high";
  pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
  return canvas;
}
