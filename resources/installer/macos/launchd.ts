// What launchd(8) is told, as property lists (launchd.plist(5)). Never loaded on a Mac yet.
import { build } from 'plist';

/** As macOS knows the program. */
const bundleId = 'org.gleaner.Gleaner';

/**
 * Starts the app without a window when somebody signs in, for every account: `/Library/LaunchAgents/NAME`.
 * @param appPath the installed application, `/Applications/Gleaner.app`
 */
export function launchAgent(appPath: string): { readonly name: string; readonly text: string } {
  const label = `${bundleId}.login`;
  return propertyList(label, {
    Label: label,
    AssociatedBundleIdentifiers: [bundleId],
    ProgramArguments: [`${appPath}/Contents/MacOS/Gleaner`, '--hidden'],
    LimitLoadToSessionType: 'Aqua',
    ProcessType: 'Interactive',
    RunAtLoad: true,
  });
}

/**
 * Runs the machine's service with nobody signed in, as its own account: `/Library/LaunchDaemons/NAME`. Not installed by anything
 * yet: on macOS the service refuses with `platform-not-ready`. The account `_gleaner` has to be there.
 * @param appPath the installed application
 */
export function launchDaemon(appPath: string): { readonly name: string; readonly text: string } {
  const label = 'org.gleaner.service';
  const resources = `${appPath}/Contents/Resources`;
  const profile = '/Library/Preferences/org.gleaner.Gleaner.profile';
  return propertyList(label, {
    Label: label,
    AssociatedBundleIdentifiers: [bundleId],
    ProgramArguments: [`${resources}/runtime/node`, `${resources}/cli/main/cli.js`, 'run', '--service'],
    UserName: '_gleaner',
    GroupName: '_gleaner',
    RunAtLoad: true,
    // Started anew after a crash; its end at a shutdown, and by an administrator, is kept.
    KeepAlive: { SuccessfulExit: false },
    // A profile that appears starts what ended for want of one.
    WatchPaths: ['/Library/Managed Preferences', `${profile}.locked.plist`, `${profile}.defaults.plist`],
    ProcessType: 'Background',
    LowPriorityIO: true,
    // Seconds that a save of the virtual machines may take before launchd kills.
    ExitTimeOut: 120,
    Umask: 0o077,
  });
}

function propertyList(label: string, value: Parameters<typeof build>[0]) {
  return { name: `${label}.plist`, text: `${build(value)}\n` };
}
