import { config } from 'zod';

// The page's policy forbids code made of words, and a mere try at it would be reported. Imported before any schema is made.
config({ jitless: true });
