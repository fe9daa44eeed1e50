import common from './en/common.json' with { type: 'json' };
import said from './en/said.json' with { type: 'json' };

/** English: the catalogue that all others follow, key by key. */
export default { common, said };
