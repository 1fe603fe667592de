import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

export type Runtime = 'java' | 'docker'

/** What install.sh and the launcher need. */
const JAVA = ['java', 'javac', 'mvn'] as const

/**
 * How engines are started on a machine with these programs: by its own Java, which fetches them from Maven Central, else
 * by Docker, with the images of the compose file.
 * @throws {Error} with what to install when there is neither.
 */
export function chooseRuntime (name: string, has: (program: string) => boolean): Runtime {
  const missing = JAVA.filter(program => !has(program))
  if (missing.length === 0) return 'java'
  if (has('docker')) return 'docker'
  throw new Error(`${name} cannot be started here: there is no ${missing.join(' and no ')} to run it with Java, and no docker. ` +
    'Install a JDK (17 or newer) and Maven, or Docker with its compose plugin')
}

/** The same for the programs on a search path. */
export function runtimeFor (name: string, path = ''): Runtime {
  return chooseRuntime(name, program => path.split(delimiter).some(folder => isProgram(join(folder, program))))
}

function isProgram (file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
