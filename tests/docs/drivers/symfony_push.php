<?php

// Pushes with Symfony's own client, as its container would create the service.

require '/usr/share/php/Symfony/Component/HttpClient/autoload.php';
require 'Tidings.php';

$tidings = new App\Push\Tidings(
    Symfony\Component\HttpClient\HttpClient::create(),
    getenv('TIDINGS_URL'),
    getenv('TIDINGS_TOKEN'),
);
$answer = $tidings->push(['topic' => 'orders/42'], ['order' => 42, 'total' => 99.5], 'order-42-paid', 'paid');
echo $answer['connections'], "\n";
