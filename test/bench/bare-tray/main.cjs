// The least that can be called an Electron tray app: what the footprint bench compares with.
const { app, Menu, nativeImage, Tray } = require('electron');

let tray;
app.on('window-all-closed', () => undefined);
app.whenReady().then(() => {
  tray = new Tray(nativeImage.createFromPath(process.env.BARE_TRAY_ICON));
  tray.setContextMenu(Menu.buildFromTemplate([{ label: 'Quit', click: () => app.quit() }]));
  process.stdout.write('ready\n');
});
