#!/bin/sh
# Draws the sample pictures and the sound in this folder; needs ffmpeg.
set -eu
cd "$(dirname "$0")"
still() { ffmpeg -v error -y -f lavfi -i "$1" -frames:v 1 -q:v 5 -map_metadata -1 "$2"; }

still "color=s=1280x720,format=rgb24,geq=r='40+200*Y/H':g='50+130*pow(Y/H,1.6)+40*exp(-hypot(X-640,Y-560)/160)':b='90+30*sin(Y/90)'" dawn.jpg
still "color=s=1280x720,format=rgb24,geq=r='30+120*pow(Y/H,2)':g='22+40*pow(Y/H,3)':b='70+60*Y/H+60*exp(-hypot(X-930,Y-180)/45)'" dusk.jpg
still "color=s=720x1280,format=rgb24,geq=r='170+50*sin(X/90+2*sin(Y/60))*cos(Y/140)':g='140+45*sin(X/90+2*sin(Y/60))*cos(Y/140)':b='100+30*sin(X/90+2*sin(Y/60))*cos(Y/140)'" dunes-portrait.jpg
still "color=s=960x540,format=rgb24,geq=r='20+15*sin(Y/17)':g='80+40*sin(X/40+Y/110)':b='130+60*sin(X/40+Y/110)+20*sin(Y/17)'" water.jpg
still "mandelbrot=s=480x480:start_scale=0.4:start_x=-0.7453:start_y=0.1127:maxiter=120" fractal.png
still "cellauto=s=128x128:rule=110:seed=3,scale=512:512:flags=neighbor,negate" mosaic.png
ffmpeg -v error -y -f lavfi -i "sine=f=220:d=3" -f lavfi -i "sine=f=330:d=3" -filter_complex "amix,tremolo=f=3,volume=0.6" -b:a 64k -map_metadata -1 hum.mp3
