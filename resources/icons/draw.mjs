// Draws every icon from the shapes below: `electron resources/icons` writes the PNGs beside this file.
// Electron itself is the renderer, so that drawing needs no tool beyond what the project has.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { app, BrowserWindow } from 'electron';
import { icoOf } from './ico.mjs';

/** All on a 24 × 24 grid, in one ink, told apart by outline alone. */
const leaf = 'M12.7 13.6 C12.9 9.9 15.4 7.7 19.6 7.2 C19.6 11.2 16.9 13.6 12.7 13.6 Z';
const grain = `
  <path d="M12 1 C14.5 3.6 14.5 6.6 12 9.4 C9.5 6.6 9.5 3.6 12 1 Z"/>
  <path d="${leaf}"/><path d="${leaf}" transform="matrix(-1 0 0 1 24 0)"/>
  <path d="${leaf}" transform="translate(0 6.6)"/><path d="${leaf}" transform="matrix(-1 0 0 1 24 6.6)"/>
  <path d="M11.1 9 H12.9 V23 H11.1 Z"/>`;
/** Wider than in the app's picture, and with a stem of whole pixels. */
const wideGrain = (stem) => `
  <g transform="matrix(1.22 0 0 1 -2.64 0)">
    <path d="M12 1 C14.5 3.6 14.5 6.6 12 9.4 C9.5 6.6 9.5 3.6 12 1 Z"/>
    <path d="${leaf}"/><path d="${leaf}" transform="matrix(-1 0 0 1 24 0)"/>
    <path d="${leaf}" transform="translate(0 6.6)"/><path d="${leaf}" transform="matrix(-1 0 0 1 24 6.6)"/>
  </g>
  <path d="M${12 - stem / 2} 9 H${12 + stem / 2} V23 H${12 - stem / 2} Z"/>`;
const ring = '<circle cx="12" cy="12" r="9.7" fill="none" stroke="currentColor" stroke-width="2.2"/>';
const bar = (x, y, width, height) => `<path d="M${x} ${y} h${width} v${height} h-${width} Z"/>`;

/**
 * What stands upright falls on whole pixels: a pixel is 1 on the grid in multiples of 24, and 1.5 in those of 16, so
 * `two` is two of them.
 */
function states(size) {
  const two = size % 24 === 0 ? 2 : 3;
  const [from, height] = two === 3 ? [7.5, 9] : [7, 10];
  return {
    working: wideGrain(two),
    // A person: the computer is theirs.
    yielding:
      '<circle cx="12" cy="6.8" r="5.3"/><path d="M2 22.5 C2 17.2 6.2 13.9 12 13.9 S22 17.2 22 22.5 Z"/>',
    paused: `${ring}${bar(12 - 1.5 - 3, from, 3, height)}${bar(12 + 1.5, from, 3, height)}`,
    waiting: `${ring}${bar(12 - two / 2, 6, two, 6 + two / 2)}${bar(12 - two / 2, 12 - two / 2, 4.5 + two / 2, two)}`,
    attention: `<path fill-rule="evenodd" d="M12 1.6 C12.8 1.6 13.4 2 13.8 2.7 L23 19.6 C23.8 21.1 22.8 22.5 21.2 22.5 H2.8 C1.2 22.5 0.2 21.1 1 19.6 L10.2 2.7 C10.6 2 11.2 1.6 12 1.6 Z M${12 - two / 2} 7.5 v7.5 h${two} v-7.5 Z M${12 - two / 2} 16.5 v3 h${two} v-3 Z"/>`,
  };
}
const names = ['working', 'yielding', 'paused', 'waiting', 'attention'];
const inks = { light: '#f5f7f3', dark: '#1d231d' };
const traySizes = [16, 24, 32, 48, 64];
/** macOS inks templates itself, by their alpha; it finds both by this name and its "@2x". */
const templates = { '': 16, '@2x': 32 };

const svg = (body, ink, size) =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="${size}" height="${size}" viewBox="0 0 24 24" fill="${ink}" color="${ink}">${body}</svg>`;
const appIcon = (size) =>
  svg(
    `<rect width="24" height="24" rx="5.4" fill="#2f5d3f"/><g transform="translate(4.2 3.9) scale(0.65)" fill="#f3e3ae">${grain}</g>`,
    '#000',
    size,
  );

const pictures = [
  ...names.flatMap((name) =>
    Object.entries(inks).flatMap(([ink, colour]) =>
      traySizes.map((size) => [
        `tray-${name}-${ink}-${size}.png`,
        svg(states(size)[name], colour, size),
        size,
      ]),
    ),
  ),
  ...names.flatMap((name) =>
    Object.entries(templates).map(([suffix, size]) => [
      `tray-${name}Template${suffix}.png`,
      svg(states(size)[name], '#000', size),
      size,
    ]),
  ),
  ...[256, 512].map((size) => [`app-${size}.png`, appIcon(size), size]),
];

/** Runs in the page: one SVG onto a canvas of its size, as the base64 of a PNG. */
const drawInPage = `(svg, size) => new Promise((resolve, reject) => {
  const image = new Image(size, size);
  image.onerror = () => reject(new Error('not an SVG'));
  image.onload = () => {
    const canvas = Object.assign(document.createElement('canvas'), { width: size, height: size });
    canvas.getContext('2d').drawImage(image, 0, 0, size, size);
    resolve(canvas.toDataURL('image/png').split(',')[1]);
  };
  image.src = 'data:image/svg+xml;base64,' + btoa(svg);
})`;

async function draw() {
  const window = new BrowserWindow({ show: false });
  await window.loadURL('about:blank');
  for (const [name, source, size] of pictures) {
    const png = await window.webContents.executeJavaScript(
      `(${drawInPage})(${JSON.stringify(source)}, ${size})`,
    );
    const picture = Buffer.from(png, 'base64');
    writeFileSync(join(import.meta.dirname, name), picture);
    if (name === 'app-256.png') writeFileSync(join(import.meta.dirname, 'app.ico'), icoOf(picture));
  }
}

// Not awaited: `ready` waits for this module.
app
  .whenReady()
  .then(draw)
  .then(
    () => app.exit(0),
    (error) => {
      console.error(error);
      app.exit(1);
    },
  );
