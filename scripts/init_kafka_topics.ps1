#Requires -Version 5.1
# Makes the topics that are missing and repairs those that are not as they should be: `roadwatch topics create`, which has the options.
$main = Join-Path $PSScriptRoot '..' | Join-Path -ChildPath 'dist' | Join-Path -ChildPath 'main.js'
if (-not (Test-Path -LiteralPath $main -PathType Leaf)) {
  [Console]::Error.WriteLine("roadwatch: $main is missing: npm run build makes it")
  exit 1
}
& node $main topics create @args
exit $LASTEXITCODE
