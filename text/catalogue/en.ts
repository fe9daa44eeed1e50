import common from './en/common.json' with { type: 'json' };
import notify from './en/notify.json' with { type: 'json' };
import shell from './en/shell.json' with { type: 'json' };
import tray from './en/tray.json' with { type: 'json' };

/** English: the catalogue that all others follow, key by key. */
export default { common, notify, shell, tray };
