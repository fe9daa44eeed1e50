import { BrowserWindow, nativeTheme, screen, type WebContents } from 'electron';
import type { Disposable } from '../base/disposal.ts';
import type { Log } from '../base/log.ts';
import { type Place, placeFragment } from '../contract/place.ts';
import { pageOrigin } from './app-protocol.ts';
import type { TrayIcons } from './icons.ts';
import { type Rectangle, usableBounds } from './shell-state.ts';

/** The same in every language. */
const title = 'Gleaner';

export interface OpenOptions {
  /** Said once, by the page that opens. */
  readonly notice?: 'no-tray';
  /** Where in the window; else it stays, or begins, where the page decides. */
  readonly place?: Place;
}

export interface MainWindowOptions {
  readonly preloadPath: string;
  readonly icons: TrayIcons;
  readonly log: Log;
  readonly bounds: () => Rectangle | null;
  readonly onBounds: (bounds: Rectangle) => void;
  /** Called before the first window only: a session costs memory that a tray alone does not need. Lasts as long as the windows. */
  readonly prepareSession: () => Disposable;
}

/** What the page shows before its own colours are there; the tokens' `--paper` in renderer/ui/tokens.css. */
const paper = { light: '#f8f9f7', dark: '#141815' };

/**
 * The one window: made when it is asked for and destroyed when it is closed, so that a closed window costs no
 * memory. The app lives on without it.
 */
export class MainWindow implements Disposable {
  readonly #o: MainWindowOptions;
  #window: BrowserWindow | undefined;
  #session: Disposable | undefined;
  /** The address of the window's page, without its fragment. */
  #page = '';
  /** How often a place was asked for. */
  #places = 0;

  constructor(options: MainWindowOptions) {
    this.#o = options;
  }

  isOwn(contents: WebContents): boolean {
    return this.#window?.webContents === contents;
  }

  /** Whether the person has it before their eyes: open and focused. */
  get isWatched(): boolean {
    return this.#window?.isFocused() === true;
  }

  /** Whether its page is there; null: it is not open. */
  get pageLoaded(): boolean | null {
    const contents = this.#window?.webContents;
    return contents ? !contents.isLoading() && !contents.isCrashed() : null;
  }

  /** Shows the window, in front. Notice and place are handed to the page in its address. */
  open({ notice, place }: OpenOptions = {}): void {
    const window = this.#window;
    if (!window) {
      this.#window = this.#create(notice, place);
      return;
    }
    // Only the fragment changes, so the page stays loaded, with what was typed into it, and hears of the place.
    if (place) this.#load(window, `${this.#page}${this.#fragment(place)}`);
    if (window.isMinimized()) window.restore();
    window.show();
    window.focus();
  }

  async dispose(): Promise<void> {
    const window = this.#window;
    this.#window = undefined;
    if (window) {
      this.#o.onBounds(window.getNormalBounds());
      window.destroy();
    }
    await this.#session?.dispose();
  }

  #create(notice: OpenOptions['notice'], place: Place | undefined): BrowserWindow {
    const { log, icons, preloadPath } = this.#o;
    this.#session ??= this.#o.prepareSession();
    const saved = usableBounds(
      this.#o.bounds(),
      screen.getAllDisplays().map((display) => display.workArea),
    );
    const window = new BrowserWindow({
      title,
      width: 880,
      height: 780,
      ...saved,
      minWidth: 420,
      minHeight: 480,
      show: false,
      autoHideMenuBar: true,
      icon: icons.app,
      backgroundColor: nativeTheme.shouldUseDarkColors ? paper.dark : paper.light,
      webPreferences: {
        preload: preloadPath,
        contextIsolation: true,
        sandbox: true,
        nodeIntegration: false,
        nodeIntegrationInSubFrames: false,
        nodeIntegrationInWorker: false,
        webSecurity: true,
        webviewTag: false,
        navigateOnDragDrop: false,
        spellcheck: false,
        enableWebSQL: false,
      },
    });
    window.once('ready-to-show', () => {
      window.show();
    });
    /** From here on another window may be asked for: this one is destroyed before it says that it is closed. */
    const forget = (): void => {
      if (this.#window === window) this.#window = undefined;
    };
    window.on('close', () => {
      this.#o.onBounds(window.getNormalBounds());
      forget();
    });
    window.once('closed', forget);
    window.webContents.on('render-process-gone', (_event, { reason }) => {
      log.warn('window', 'the page is gone', { reason });
      // Never reopened by itself: a page that falls at its start would do so for ever.
      forget();
      window.destroy();
    });
    this.#page = `${pageOrigin}/${notice === undefined ? '' : `?notice=${notice}`}`;
    this.#load(window, `${this.#page}${place ? this.#fragment(place) : ''}`);
    return window;
  }

  #fragment(place: Place): string {
    this.#places += 1;
    return placeFragment(place, this.#places);
  }

  #load(window: BrowserWindow, address: string): void {
    window.loadURL(address).catch((error: unknown) => {
      this.#o.log.warn('window', 'the page did not load', { words: String(error) });
    });
  }
}
