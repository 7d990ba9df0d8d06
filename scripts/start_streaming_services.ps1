#Requires -Version 5.1
# Starts the roles of the service, each in a process of its own: `roadwatch services start`, which has the options.
$main = Join-Path $PSScriptRoot '..' | Join-Path -ChildPath 'dist' | Join-Path -ChildPath 'main.js'
if (-not (Test-Path -LiteralPath $main -PathType Leaf)) {
  [Console]::Error.WriteLine("roadwatch: $main is missing: npm run build makes it")
  exit 1
}
& node $main services start @args
exit $LASTEXITCODE
