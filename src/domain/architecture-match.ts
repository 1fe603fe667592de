import { parseArchitecture, type Architecture } from './architecture.js'
import { BASELINES, VARIANTS } from './architecture-vocabulary.js'
import { remembered } from './remembered.js'

/**
 * What a machine of that architecture can run, the best first: the architecture itself and the lower variants of the
 * same family, as containerd has them. Never another family: that is a `fallback`, for the client to ask for.
 */
export const runnableOn = remembered((architecture: Architecture): readonly Architecture[] => {
  const [family = '', written] = architecture.split('/')
  const variant = written ?? BASELINES.get(family)
  if (variant === undefined) return [architecture]
  return lowerVariants(family, variant).map(lower => parseArchitecture(`${family}/${lower}`))
})

function lowerVariants (family: string, variant: string): readonly string[] {
  const variants = VARIANTS.get(family) ?? []
  if (family !== 'arm64') return variants.slice(0, variants.indexOf(variant) + 1).reverse()
  const [major, minor = 0] = variant.slice(1).split('.').map(Number)
  if (major === 8) return armMinors('v8', minor)
  // Armv9.n has what Armv8.(n+5) has.
  return [...armMinors('v9', minor), ...armMinors('v8', Math.min(minor + 5, 9))]
}

function armMinors (major: string, highest: number): string[] {
  return Array.from({ length: highest + 1 }, (_, at) => highest - at).map(minor => minor === 0 ? major : `${major}.${minor}`)
}
