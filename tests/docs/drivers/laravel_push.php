<?php

// Runs the job as a worker of the queue does: again after `backoff`, as long as it throws.

namespace Illuminate\Foundation\Bus {
    // Of the package laravel/framework, which is not in Debian. A job that is not dispatched does not use it.
    trait Dispatchable
    {
    }
}

namespace {
    foreach (['Support', 'Container', 'Contracts', 'Http', 'Queue', 'Bus', 'Config'] as $part) {
        require_once "/usr/share/php/Illuminate/$part/autoload.php";
    }
    require_once '/usr/share/php/GuzzleHttp/autoload.php';
    require 'PushMessage.php';

    $settings = new Illuminate\Config\Repository([
        'services' => ['tidings' => ['url' => getenv('TIDINGS_URL'), 'token' => getenv('TIDINGS_TOKEN')]],
    ]);
    function config(string $key): mixed
    {
        return $GLOBALS['settings']->get($key);
    }
    $container = new Illuminate\Container\Container();
    $container->instance(Illuminate\Http\Client\Factory::class, new Illuminate\Http\Client\Factory());
    Illuminate\Support\Facades\Facade::setFacadeApplication($container);

    $job = new App\Jobs\PushMessage(['topic' => 'orders/42'], ['order' => 42, 'total' => 99.5], 'order-42-paid', 'paid');
    for ($attempt = 0; $attempt < $job->tries; $attempt++) {
        try {
            $job->handle();
            break;
        } catch (Illuminate\Http\Client\RequestException | Illuminate\Http\Client\ConnectionException $error) {
            echo $error->getMessage(), "\n";
            sleep($job->backoff[$attempt]);
        }
    }
}
