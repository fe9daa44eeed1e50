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
 * Runs the host with nobody signed in, as its own account: `/Library/LaunchDaemons/NAME`. The account `_gleaner` has to be there.
 * @param appPath the installed application
 */
export function launchDaemon(appPath: string): { readonly name: string; readonly text: string } {
  const label = `${bundleId}.service`;
  const resources = `${appPath}/Contents/Resources`;
  return propertyList(label, {
    Label: label,
    AssociatedBundleIdentifiers: [bundleId],
    ProgramArguments: [`${resources}/runtime/node`, `${resources}/cli/gleaner.js`, 'run', '--headless'],
    UserName: '_gleaner',
    GroupName: '_gleaner',
    // Started anew after a crash; its end at a shutdown, and by an administrator, is kept.
    KeepAlive: { SuccessfulExit: false },
    RunAtLoad: true,
    ProcessType: 'Background',
    LowPriorityIO: true,
    // Seconds that a save of the virtual machines may take before launchd kills.
    ExitTimeOut: 60,
    Umask: 0o077,
  });
}

function propertyList(label: string, value: Parameters<typeof build>[0]) {
  return { name: `${label}.plist`, text: `${build(value)}\n` };
}
