import { gridsText } from './grids-text.ts';
import { plain } from './plain.ts';

/** The words of the welcome page and of joining. */
export const joinText = {
  welcomeTitle: 'Welcome to Gleaner',
  welcomeWhat:
    'Gleaner puts your computer’s idle hours to work for research, in a virtual machine that sees nothing of yours. It gives the computer back the moment you need it.',
  welcomeWays: 'How to begin',
  publicTitle: 'Help a public project',
  publicWords: 'Medicine, astronomy, mathematics: choose one. You see what it asks for before you join.',
  publicDo: 'Choose a project',
  sampleTitle: 'Try it with the sample',
  sampleWords: 'A few minutes of work that never leaves this computer.',
  sampleDo: 'Run the sample',
  sampleRuns: 'It is at work already, and never leaves this computer.',
  sampleSee: 'See it work',
  companyTitle: 'My company told me',
  companyWords: 'Nothing to do: your company’s settings decide what runs here, and when.',
  companySet: (organization: string): string =>
    `Nothing to do: ${plain(organization)} has set what runs here, and when.`,
  companyDo: 'See the settings',
  later: 'Not now',

  title: 'Join a project',
  steps: 'Steps',
  stepNames: { choose: 'Choose', asks: 'What it asks', 'sign-in': 'Sign in', done: 'Done' },
  back: 'Back',

  chooseTitle: 'Which one?',
  search: 'Search',
  searchHint: 'Name, area or subject',
  found: (count: number): string =>
    count === 0 ? 'No project on this list fits.' : count === 1 ? '1 project' : `${count} projects`,
  knownMark: (asOf: string, verified: boolean): string =>
    verified ? `As of ${asOf}, checked` : `As of ${asOf}, from memory, not verified`,
  otherJump: 'Another address',
  otherTitle: 'Another address',
  otherHint: 'Of a project or an account manager',
  otherLabel: 'Address',
  otherExample: 'https://…',
  otherEmpty: 'Write the address first.',
  onCompanyNetwork: gridsText.allowPrivate,
  lookUp: 'Look it up',
  tryAgain: 'Look at it again',
  companyTry: 'It is on my company’s network: try again',

  looking: (url: string): string => `Asking ${plain(url)} …`,
  cancel: gridsText.cancel,

  asksTitle: (name: string): string => `${plain(name)} asks for this`,
  mayContact: 'Its tasks may contact',
  managerContact: 'To ask it, Gleaner contacts',
  mayContactHint: 'And nothing else: the rest is refused, and shown to you.',
  needs: 'What it may use',
  disk: 'Disk at most',
  memory: 'Memory',
  runsHere: 'It has work for Gleaner’s virtual machine.',
  platforms: (names: string): string => `Its tasks run on ${names}`,
  platformsMore: (count: number): string => `and ${count} more.`,
  runsNotHere: 'It has no work for this computer.',
  runsNotHereWhy:
    'Gleaner’s virtual machine is a 64-bit Linux computer, and this project has nothing for such a one.',
  runsUnknown: 'It does not tell whether it has work for Gleaner’s virtual machine.',
  managerAbout:
    'An account manager chooses projects for you. You see each of them under Grids, and can leave at any time.',
  privateConsent: 'These addresses are on my company’s network',
  agree: 'Agree and go on',

  signInTitle: (name: string): string => `Sign in to ${plain(name)}`,
  way: 'How',
  ways: {
    login: 'E-mail and password',
    key: 'Account key',
    create: 'New account',
  },
  loginByName: 'Name and password',
  email: 'E-mail address',
  name: 'Name',
  newName: 'Name that others see',
  password: 'Password',
  key: 'Account key',
  keyHint: 'From your account’s page at the project; a weak key is enough.',
  show: 'Show',
  terms: 'Its terms',
  agreed: 'I have read them and agree',
  secretHint: 'Used once to sign in. Never stored, never logged.',
  managerSecretHint: 'Kept only in a scrambled form, to ask the manager again.',
  joinNow: 'Join',
  wrong: {
    empty: 'This is needed.',
    email: 'This is no e-mail address.',
    key: 'An account key is 16 or more letters and digits.',
    short: (least: number): string => `At least ${least} characters.`,
    terms: 'Joining needs your agreement.',
  },

  joining: (name: string): string => `Joining ${plain(name)} …`,

  doneTitle: (name: string): string => `You have joined ${plain(name)}`,
  doneNext: 'What happens next',
  doneSteps: [
    'When the computer has time, a virtual machine of its own starts and signs in.',
    'It loads the first tasks and works on them while you are away.',
    'Credit appears once the project has checked what came back.',
  ],
  managerDoneSteps: [
    'Gleaner asks it which projects it has chosen for you.',
    'Each gets a virtual machine of its own, and appears under Grids.',
  ],
  doneSee: 'See it under Grids',
  doneAnother: 'Join another',
} as const;
