export { isSetByOrganization } from '../../electron/contract/set-by.ts';
