// Draws every icon from the shapes below: `electron resources/icons` writes the PNGs beside this file.
// Electron itself is the renderer, so that drawing needs no tool beyond what the project has.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { app, BrowserWindow } from 'electron';

/** All on a 24 × 24 grid, in one ink, told apart by outline alone. */
const leaf = 'M12.7 13.6 C12.9 9.9 15.4 7.7 19.6 7.2 C19.6 11.2 16.9 13.6 12.7 13.6 Z';
const grain = `
  <path d="M12 1 C14.5 3.6 14.5 6.6 12 9.4 C9.5 6.6 9.5 3.6 12 1 Z"/>
  <path d="${leaf}"/><path d="${leaf}" transform="matrix(-1 0 0 1 24 0)"/>
  <path d="${leaf}" transform="translate(0 6.6)"/><path d="${leaf}" transform="matrix(-1 0 0 1 24 6.6)"/>
  <path d="M11.1 9 H12.9 V23 H11.1 Z"/>`;
const ring = '<circle cx="12" cy="12" r="9.7" fill="none" stroke="currentColor" stroke-width="2.2"/>';
const states = {
  working: grain,
  // A person: the computer is theirs.
  yielding:
    '<circle cx="12" cy="6.8" r="5.3"/><path d="M2 22.8 C2 17.2 6.2 13.9 12 13.9 S22 17.2 22 22.8 Z"/>',
  paused: `${ring}<path d="M8.2 7.5 H10.8 V16.5 H8.2 Z M13.2 7.5 H15.8 V16.5 H13.2 Z"/>`,
  waiting: `${ring}<path d="M12 6.4 V12.2 L15.6 14.4" fill="none" stroke="currentColor" stroke-width="2.2" stroke-linecap="round" stroke-linejoin="round"/>`,
  attention:
    '<path fill-rule="evenodd" d="M12 1.6 C12.8 1.6 13.4 2 13.8 2.7 L23 19.6 C23.8 21.1 22.8 22.6 21.2 22.6 H2.8 C1.2 22.6 0.2 21.1 1 19.6 L10.2 2.7 C10.6 2 11.2 1.6 12 1.6 Z M10.7 8.4 V15 H13.3 V8.4 Z M10.7 16.8 V19.4 H13.3 V16.8 Z"/>',
};
const inks = { light: '#f5f7f3', dark: '#1d231d' };
const traySizes = [16, 24, 32, 48, 64];

const svg = (body, ink, size) =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="${size}" height="${size}" viewBox="0 0 24 24" fill="${ink}" color="${ink}">${body}</svg>`;
const appIcon = (size) =>
  svg(
    `<rect width="24" height="24" rx="5.4" fill="#2f5d3f"/><g transform="translate(4.2 3.9) scale(0.65)" fill="#f3e3ae">${grain}</g>`,
    '#000',
    size,
  );

const pictures = [
  ...Object.entries(states).flatMap(([state, body]) =>
    Object.entries(inks).flatMap(([name, ink]) =>
      traySizes.map((size) => [`tray-${state}-${name}-${size}.png`, svg(body, ink, size), size]),
    ),
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
    writeFileSync(join(import.meta.dirname, name), Buffer.from(png, 'base64'));
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
