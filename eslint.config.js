import neostandard, { resolveIgnoresFromGitignore } from 'neostandard'
import regexp from 'eslint-plugin-regexp'

/** A text of a client may be as long as a body: none may take a time that grows with the square of its length. */
const quickPatterns = {
  files: ['src/**', 'routes/**', 'plugins/**'],
  plugins: { regexp },
  rules: {
    'regexp/no-super-linear-backtracking': ['error', { report: 'potential' }],
    'regexp/no-super-linear-move': ['error', { report: 'potential', ignorePartial: false, ignoreSticky: false }]
  }
}

export default [...neostandard({ ts: true, ignores: resolveIgnoresFromGitignore() }), quickPatterns]
