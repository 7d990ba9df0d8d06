@echo off
rem Makes the topics that are missing and repairs those that are not as they should be: roadwatch topics create, which has the options.
setlocal
set "main=%~dp0..\dist\main.js"
if exist "%main%" goto run
echo roadwatch: "%main%" is missing: npm run build makes it 1>&2
exit /b 1
:run
node "%main%" topics create %*
exit /b %errorlevel%
