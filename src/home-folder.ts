import { homedir } from 'node:os'

/** Whoever runs this, as its environment or the system's list of users has it; `/` for a user that neither knows, as in containers. */
export function homeFolder (env: Readonly<Record<string, string | undefined>> = process.env): string {
  try {
    return env['HOME'] || homedir()
  } catch {
    return '/'
  }
}
