/**
 * Preloaded into every program under measure (`node --import`), so that an adapter need only serve and print its URL.
 * Answers each message of the bench with the CPU time this process has used, in microseconds; ends when the bench does.
 */
process.on('message', () => {
  const { user, system } = process.cpuUsage()
  process.send!(user + system)
})
process.on('disconnect', () => process.exit())
