/**
 * The reference server: one of everything, for the fixtures in `fixtures/` and for the official conformance suite,
 * whose names it uses. Each thing is a few lines; read the files as a tour of what a server can say.
 */
import { createServer, type Server } from '../server.js'
import { addSkills } from '../extensions/skills.js'
import { addAgent } from './everything/agent.js'
import { addCalculations, addContent } from './everything/content.js'
import { addNotifications } from './everything/notifications.js'
import { addPrompts } from './everything/prompts.js'
import { addQuestions } from './everything/questions.js'
import { addResources } from './everything/resources.js'
import { addRounds } from './everything/rounds.js'
import { addTasks } from './everything/tasks.js'
import { addVisits } from './everything/visits.js'

/** A fresh one; nothing is shared between two. */
export const everything = (): Server => {
  const server = createServer(
    { name: 'everything', version: '1.0.0', title: 'The reference server' },
    { instructions: 'Each tool shows one thing that a server can do.', onError: () => {} },
  )
  for (const add of [addContent, addNotifications, addQuestions, addCalculations, addRounds, addResources, addPrompts, addTasks, addVisits, addAgent]) add(server)
  addSkills(server, [WRITING])
  return server
}

/** A skill of two files, one of them in a folder of its own. */
const WRITING = {
  name: 'plain-writing',
  description: 'Writes plainly. Use it for anything that somebody else will read.',
  instructions: '# Plain writing\n\nShort sentences, present tense. See references/words.md for words to leave out.',
  files: { 'references/words.md': { content: '# Words to leave out\n\n- very\n- simply\n', mimeType: 'text/markdown' } },
}
