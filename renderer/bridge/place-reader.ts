// Before the schemas: the order matters.
import './without-eval.ts';

export { placeOfFragment } from '../../electron/contract/place.ts';
