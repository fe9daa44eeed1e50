import { checkAge } from '../appliance/age.ts';
import type { ImageSet } from '../appliance/store.ts';
import { type CheckCode, type FailureCode, GleanerError } from '../contract/index.ts';
import type { Checker } from './doctor.ts';

/** What a virtual machine boots from. */
export interface ImageFacts {
  /** Verified, nothing built for it; rejects with an image failure. */
  images(): Promise<Pick<ImageSet, 'recipe' | 'kernelRelease' | 'builtAt' | 'packages'>>;
  /** Imports or builds them anew where they are missing or damaged; undefined where this host cannot build. */
  readonly rebuildImages?: (signal: AbortSignal) => Promise<unknown>;
  /** Builds them anew of newer packages; undefined where this host cannot build. */
  readonly updateImages?: (signal: AbortSignal) => Promise<unknown>;
  /** Epoch ms. */
  now(): number;
}

const mendable: Readonly<Partial<Record<FailureCode, CheckCode<'images'>>>> = {
  'image-missing': 'missing',
  'image-damaged': 'damaged',
  'image-build-failed': 'not-built',
};

/** Digits of a recipe's digest that tell recipes apart, for people. */
const recipeDigits = 12;

export function shortRecipe(recipe: string): string {
  return recipe.slice(0, recipeDigits);
}

export const imagesChecker: Checker<'images', ImageFacts> = {
  id: 'images',
  title: 'Images',
  async check(facts) {
    try {
      const recipe = shortRecipe((await facts.images()).recipe);
      return { state: 'ok', code: 'whole', values: { recipe }, detail: `Verified, recipe ${recipe}.` };
    } catch (error) {
      const code = error instanceof GleanerError ? mendable[error.code] : undefined;
      if (!(error instanceof GleanerError) || code === undefined) throw error;
      const { message: detail, hint } = error;
      return { state: 'failed', code, detail, ...(hint === undefined ? {} : { hint }) };
    }
  },
  fix({ rebuildImages }, code) {
    if (code === 'whole' || !rebuildImages) return Promise.resolve(null);
    return Promise.resolve({
      kind: 'automatic',
      code: 'rebuild-images',
      words: 'The images are built and imported again, which takes minutes and needs the network.',
      freesBytes: null,
      cancellable: true,
      run: async (signal) => {
        await rebuildImages(signal);
        return null;
      },
    });
  },
};

export const ageChecker: Checker<'appliance-age', ImageFacts> = {
  id: 'appliance-age',
  title: 'Age of the images',
  async check(facts) {
    const images = await facts.images().catch(() => undefined);
    return checkAge(images?.builtAt ?? null, facts.now());
  },
  fix({ updateImages }, code) {
    if (code !== 'old' || !updateImages) return Promise.resolve(null);
    return Promise.resolve({
      kind: 'automatic',
      code: 'update-images',
      words: 'The images are built anew of newer packages, which takes minutes and needs the network.',
      freesBytes: null,
      cancellable: true,
      run: async (signal) => {
        await updateImages(signal);
        return null;
      },
    });
  },
};
