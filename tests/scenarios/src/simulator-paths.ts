/** Path of each vendor API below the URL of the simulator. */
export const simulatorPaths: Readonly<Record<string, string>> = {
  hiapi: "hiapi",
  jiekou: "jiekou",
  toapis: "toapis",
  xingchao: "xingchao/kyyReactApiServer",
  ark: "ark/api/v3",
};
