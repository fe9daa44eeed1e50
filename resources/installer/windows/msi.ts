// What Gleaner adds to the MSI project that electron-builder writes: public properties, and the note that tells the program that
// newer versions come by software distribution. docs/deploy-windows.md describes the properties.
import { SetupError } from '../../dev/console.mjs';

const runKey = String.raw`Software\Microsoft\Windows\CurrentVersion\Run`;
const policyKey = String.raw`Software\Policies\Gleaner`;
const installKey = String.raw`Software\Gleaner\Install`;

/**
 * INSTALLDIR and AUTOSTART of the command line; what policy says of the start at login; and what an earlier version was told,
 * since an upgrade by MSI first removes the earlier one.
 */
const properties = `
    <Property Id="INSTALLDIR" Secure="yes"/>
    <SetProperty Id="APPLICATIONFOLDER" Value="[INSTALLDIR]" Before="CostFinalize" Sequence="both">INSTALLDIR</SetProperty>
    <Property Id="AUTOSTART" Secure="yes"/>
    ${search('GLEANERLOCKED', `${policyKey}\\Locked`, 'ui.startAtLogin')}
    ${search('GLEANERDEFAULT', `${policyKey}\\Defaults`, 'ui.startAtLogin')}
    ${search('GLEANERBEFORE', installKey, 'AutoStart')}
    `;

/** The command line counts, then a locked policy, then a default, then what was before. A DWORD is read as \`#1\`. */
const startsAtLogin = [
  'AUTOSTART = "1"',
  '(NOT AUTOSTART AND GLEANERLOCKED = "#1")',
  '(NOT AUTOSTART AND NOT GLEANERLOCKED AND GLEANERDEFAULT = "#1")',
  '(NOT AUTOSTART AND NOT GLEANERLOCKED AND NOT GLEANERDEFAULT AND GLEANERBEFORE = "#1")',
].join(' OR ');

function search(property: string, key: string, name: string): string {
  return (
    `<Property Id="${property}"><RegistrySearch Id="${property}Search" Root="HKLM" Key="${key}" ` +
    `Name="${name}" Type="raw" Win64="yes"/></Property>`
  );
}

const folder = `<Directory Id="GleanerResources" Name="APPLICATIONFOLDER:\\resources\\"/>
      `;

function components(installJsonPath: string): string {
  return `
      <Component Id="GleanerInstallKind" Directory="GleanerResources">
        <File Id="GleanerInstallJson" Name="install.json" Source="${xml(installJsonPath)}" KeyPath="yes"/>
      </Component>
      <Component Id="GleanerStartAtLogin">
        <Condition><![CDATA[${startsAtLogin}]]></Condition>
        <RegistryValue Root="HKLM" Key="${runKey}" Name="Gleaner" Type="string" Value="&quot;[#mainExecutable]&quot; --hidden" KeyPath="yes"/>
        <RegistryValue Root="HKLM" Key="${installKey}" Name="AutoStart" Type="integer" Value="1"/>
      </Component>`;
}

const xml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** Where in electron-builder's project something is added, and whether after or before. */
export const anchors = {
  properties: '<Property Id="WIXUI_INSTALLDIR"',
  folders: '<!-- Files -->',
  components: '<ComponentGroup Id="ProductComponents" Directory="APPLICATIONFOLDER">',
} as const;

/**
 * The project with Gleaner's parts. Pure.
 * @param installJsonPath the file that is installed as `resources/install.json`, absolute
 * @throws {SetupError} when electron-builder's project looks otherwise than it did
 */
export function withPublicProperties(project: string, installJsonPath: string): string {
  for (const anchor of Object.values(anchors)) {
    if (project.split(anchor).length !== 2) {
      throw new SetupError(
        `electron-builder’s MSI project has no single ${anchor}.`,
        'See what became of its templates/msi/template.xml, and follow in resources/installer/windows/msi.ts.',
      );
    }
  }
  // A function as replacement: `$` in it means nothing.
  return project
    .replace(anchors.properties, (found) => `${properties.trim()}\n\n    ${found}`)
    .replace(anchors.folders, (found) => `${folder}${found}`)
    .replace(anchors.components, (found) => `${found}${components(installJsonPath)}`);
}
