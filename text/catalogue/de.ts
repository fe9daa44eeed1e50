import activity from './de/activity.json' with { type: 'json' };
import common from './de/common.json' with { type: 'json' };
import earnings from './de/earnings.json' with { type: 'json' };
import failures from './de/failures.json' with { type: 'json' };
import grids from './de/grids.json' with { type: 'json' };
import health from './de/health.json' with { type: 'json' };
import home from './de/home.json' with { type: 'json' };
import join from './de/join.json' with { type: 'json' };
import notify from './de/notify.json' with { type: 'json' };
import policy from './de/policy.json' with { type: 'json' };
import pools from './de/pools.json' with { type: 'json' };
import preferences from './de/preferences.json' with { type: 'json' };
import said from './de/said.json' with { type: 'json' };
import shell from './de/shell.json' with { type: 'json' };
import tray from './de/tray.json' with { type: 'json' };
import update from './de/update.json' with { type: 'json' };
import welcome from './de/welcome.json' with { type: 'json' };

export default {
  activity,
  common,
  earnings,
  failures,
  grids,
  health,
  home,
  join,
  notify,
  policy,
  pools,
  preferences,
  said,
  shell,
  tray,
  update,
  welcome,
};
