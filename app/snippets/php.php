<?php
$push = ['to' => ['client' => 'CLIENT'], 'data' => 'Hello from PHP'];
$context = stream_context_create(['http' => [
    'method' => 'POST',
    'header' => 'Content-Type: application/json',
    'content' => json_encode($push),
]]);
echo file_get_contents('ORIGIN/push', false, $context);
