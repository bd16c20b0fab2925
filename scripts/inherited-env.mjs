// @ts-check

/** Of npm's own settings only those that say how to reach a registry; the rest is about the npm command that runs us. */
const kept =
  /^npm_config_(registry|cafile|ca|cert|key|proxy|https?[_-]proxy|noproxy|strict[_-]ssl|cache|userconfig|globalconfig|fetch_.*|@.*|\/\/.*)$/i;

/**
 * The environment without what `npm start` adds to it for its children: an npm or pnpm of ours would take that for its own settings.
 * @param {NodeJS.ProcessEnv} env
 * @returns {NodeJS.ProcessEnv}
 */
export function inheritedEnv(env) {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^npm_/i.test(name) || kept.test(name)));
}
