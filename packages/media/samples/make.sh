#!/bin/sh
# Creates all samples of this folder: sh make.sh. Needs ffmpeg (with x264, LAME, libvpx, libopus) and heif-enc
# (libheif-examples). The samples are committed, so the tests need neither.
set -eu
cd "$(dirname "$0")"
rm -f ./*.jpg ./*.png ./*.webp ./*.bmp ./*.tiff ./*.gif ./*.heic ./*.avif ./*.mp4 ./*.m4a ./*.mov ./*.webm ./*.wav ./*.mp3 ./*.ogg

make() { ffmpeg -hide_banner -loglevel error -y "$@"; }
# No encoder versions and dates in the files, so that every run creates the same bytes.
exact="-bitexact -map_metadata -1"

# One picture in every format, 96 × 54.
picture="-f lavfi -i testsrc2=size=96x54:rate=1 -frames:v 1 $exact"
make $picture -q:v 8 picture.jpg
make $picture picture.png
make $picture -lossless 0 picture.webp
make $picture -lossless 1 lossless.webp
make $picture picture.bmp
make $picture picture.gif
make $picture -compression_algo deflate picture.tiff
# 73 KB of pixels before the directory with width and height.
make -f lavfi -i testsrc=size=180x136:rate=1 -frames:v 1 $exact -pix_fmt rgb24 -compression_algo raw late-directory.tiff
make -f lavfi -i testsrc=size=48x30:rate=5:duration=1 $exact -loop 0 -c:v libwebp_anim animated.webp
make $picture -c:v libaom-av1 -still-picture 1 -crf 50 picture.avif
heif-enc -q 20 -o picture.heic picture.png >/dev/null
# The same picture with "rotate by 90°" (orientation 6) in an EXIF block, inserted after the first two bytes.
{
  head -c 2 picture.jpg
  printf '\377\341\000\042Exif\000\000MM\000\052\000\000\000\010\000\001\001\022\000\003\000\000\000\001\000\006\000\000\000\000\000\000'
  tail -c +3 picture.jpg
} > turned.jpg

# Videos. Noise makes the first one large enough that its end is not in its first 64 KiB.
noise="-f lavfi -i nullsrc=size=160x90:rate=24:duration=3,geq=random(1)*255:128:128"
tone="-f lavfi -i sine=frequency=440:sample_rate=44100:duration=3"
h264="-c:v libx264 -preset veryfast -bf 2 -pix_fmt yuv420p -threads 1"
aac="-c:a aac -b:a 32k"
make $noise $tone $exact $h264 -crf 35 $aac moov-at-end.mp4
make -i moov-at-end.mp4 $exact -c copy -movflags +faststart moov-at-front.mp4
make -i moov-at-end.mp4 $exact -c copy -movflags +frag_keyframe+empty_moov+default_base_moof fragments.mp4
plain="-f lavfi -i testsrc2=size=128x72:rate=30000/1001:duration=2.002"
make $plain $exact $h264 -crf 40 -an picture.mov
make -i picture.mov $exact -c copy -metadata:s:v:0 rotate=90 turned.mp4
make $tone $exact $aac sound.m4a
make $plain $exact -c:v libvpx-vp9 -crf 60 -b:v 0 -an picture.webm

# Audio: 2.5 s from silence to noise, so that a variable bit rate varies.
sound="-f lavfi -i anoisesrc=duration=2.5:sample_rate=44100:amplitude=0.8:seed=1,volume=t/2.5:eval=frame"
make $sound $exact -ac 1 -ar 8000 -c:a pcm_s16le sound.wav
make $sound $exact -ac 1 -ar 8000 -c:a adpcm_ima_wav adpcm.wav
make $sound $exact -ac 1 -ar 8000 -c:a pcm_s16le -f wav - | cat > streamed.wav
make $sound $exact -ac 1 -c:a libmp3lame -b:a 32k cbr.mp3
make $sound $exact -ac 1 -c:a libmp3lame -b:a 32k -write_xing 0 -id3v2_version 0 bare-cbr.mp3
make $sound $exact -ac 1 -c:a libmp3lame -q:a 5 vbr.mp3
make $sound $exact -ac 1 -c:a libmp3lame -q:a 5 -write_xing 0 bare-vbr.mp3
make $sound $exact -ac 1 -c:a libopus -b:a 16k sound.ogg

# Clips at and beyond the limits of the providers' documents: length, lines, ratio, area, frame rate, format.
small="-c:v libx264 -preset veryfast -crf 51 -pix_fmt yuv420p -threads 1 -x264-params keyint=9999:scenecut=0"
clip() { make -f lavfi -i "color=gray:size=$2:rate=$3:duration=$4" $exact $small -an "$1"; }
clip clip-1_875s.mp4 854x480 24 1.875
clip clip-2s.mp4 854x480 24 2
clip clip-15s.mp4 854x480 24 15
clip clip-15_0416s.mp4 854x480 24 15.0416
clip clip-15_25s.mp4 854x480 24 15.25
clip clip-360p.mp4 640x360 24 2
clip clip-720p.mp4 1280x720 24 2
clip clip-1080p.mp4 1920x1080 24 2
clip clip-1088p.mp4 1920x1088 24 2
clip clip-wide.mp4 1440x480 24 2
clip clip-low.mp4 700x290 24 2
clip clip-15fps.mp4 854x480 15 2
clip clip.mov 854x480 24 2
make -f lavfi -i color=gray:size=854x480:rate=24:duration=2 $exact -c:v libvpx-vp9 -crf 63 -b:v 0 -an clip.webm
make -f lavfi -i anullsrc=r=8000:cl=mono -t 3 $exact -c:a libmp3lame -b:a 8k clip-3s.mp3
