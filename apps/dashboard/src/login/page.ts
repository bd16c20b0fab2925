const style = `
  :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
  body { display: grid; place-content: center; min-height: 100vh; margin: 0; background: light-dark(#f4f6f8, #151a21) }
  form { display: grid; gap: 1rem; width: 20rem; padding: 2rem; border-radius: .75rem;
    background: light-dark(#fff, #1e252e); box-shadow: 0 1px 8px rgb(0 0 0 / .15) }
  h1 { margin: 0; font-size: 1.25rem }
  label { display: grid; gap: .25rem; font-size: .875rem }
  input, button { font: inherit; padding: .5rem .75rem; border: 1px solid light-dark(#c5ccd4, #3a4552); border-radius: .5rem }
  button { border: 0; color: #fff; background: #3566c8; cursor: pointer }
  p { margin: 0; color: light-dark(#b3261e, #ff8a80); font-size: .875rem }
`;

/**
 * The login page. It loads no other file: they are all behind the login. `problem` is not escaped: never pass a
 * visitor's text.
 */
export function loginPage(problem?: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>reelqueue</title>
<style>${style}</style>
</head>
<body>
<form method="post" action="/login">
<h1>reelqueue</h1>
${problem === undefined ? "" : `<p role="alert">${problem}</p>`}
<label>User <input name="user" autocomplete="username" required autofocus></label>
<label>Password <input name="password" type="password" autocomplete="current-password" required></label>
<button>Log in</button>
</form>
</body>
</html>
`;
}
