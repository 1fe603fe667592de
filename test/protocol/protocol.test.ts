import t from 'tap'
import { explore, type Scenario } from './explorer.js'
import { FLAWED, LONG, SHORT } from './scenarios.js'

/** With LEPORELLO_PROTOCOL=long all of it is gone through, which takes minutes and a gigabyte. */
const isLong = process.env['LEPORELLO_PROTOCOL'] === 'long'

function check (scenarios: Readonly<Record<string, Scenario>>): void {
  for (const [title, scenario] of Object.entries(scenarios)) {
    t.test(`every order of calls keeps every promise: ${title}`, async t => {
      const { worlds, broken } = explore(scenario)
      t.equal(broken, undefined, broken ? `${broken.promise}: ${broken.way.join(', ')}` : 'none is broken')
      t.comment(`${worlds} worlds`)
    })
  }
}

check(SHORT)
if (isLong) check(LONG)

for (const [title, scenario] of Object.entries(FLAWED)) {
  t.test(`the exploration finds what happens when ${title}`, async t => {
    const { broken } = explore(scenario)
    t.ok(broken, 'a promise is broken')
    t.comment(`${broken?.promise}: ${broken?.way.join(', ')}`)
  })
}
