<?php
// The yardstick of plain CGI captchas: what a PHP site has. Five letters with imagettftext, noise lines, a PNG of
// blade's size, in the same JSON. It keeps no answer anywhere, which a real one would have to.

const WIDTH = 130, HEIGHT = 48, SIZE = 24;
const FONT = '/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf';
const ALPHABET = 'ACDEFGHJKMNPQRTUVWXY34679';

$image = imagecreatetruecolor(WIDTH, HEIGHT);
imagefill($image, 0, 0, imagecolorallocate($image, 250, 250, 250));
for ($i = 0; $i < 6; $i++) {
    $colour = imagecolorallocate($image, random_int(80, 180), random_int(80, 180), random_int(80, 180));
    imageline($image, random_int(0, WIDTH), random_int(0, HEIGHT), random_int(0, WIDTH), random_int(0, HEIGHT), $colour);
}
for ($i = 0; $i < 5; $i++) {
    $colour = imagecolorallocate($image, random_int(0, 120), random_int(0, 120), random_int(0, 120));
    $letter = ALPHABET[random_int(0, strlen(ALPHABET) - 1)];
    $drawn = imagettftext($image, SIZE, random_int(-25, 25), 6 + 24 * $i, 36, $colour, FONT, $letter);
    if ($drawn === false) {
        http_response_code(500);
        exit('no font');
    }
}
ob_start();
imagepng($image);
$png = ob_get_clean();

header('Content-Type: application/json;charset=UTF-8');
header('Cache-Control: no-store');
echo json_encode([
    'key' => bin2hex(random_bytes(16)),
    'image' => 'data:image/png;base64,' . base64_encode($png),
], JSON_UNESCAPED_SLASHES);
