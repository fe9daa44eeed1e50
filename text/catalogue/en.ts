import activity from './en/activity.json' with { type: 'json' };
import common from './en/common.json' with { type: 'json' };
import failures from './en/failures.json' with { type: 'json' };
import grids from './en/grids.json' with { type: 'json' };
import home from './en/home.json' with { type: 'json' };
import join from './en/join.json' with { type: 'json' };
import policy from './en/policy.json' with { type: 'json' };
import preferences from './en/preferences.json' with { type: 'json' };
import said from './en/said.json' with { type: 'json' };
import welcome from './en/welcome.json' with { type: 'json' };

/** English: the catalogue that all others follow, key by key. */
export default { activity, common, failures, grids, home, join, policy, preferences, said, welcome };
