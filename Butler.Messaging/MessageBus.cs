using System.Text.Json;
using Butler.Data;
using Butler.Messaging.Contracts;
using Npgsql;

namespace Butler.Messaging;

/// <summary>Puts messages into the outbox inside the caller's transaction.</summary>
public static class MessageBus
{
    /// <summary>Turns a contract into an outbox row.</summary>
    public static OutgoingMessage Pack<TMessage>(TMessage message, Lane lane, Guid? providerUserId, Guid correlationId, TimeSpan delay = default) where TMessage : IMessage =>
        new(TMessage.Queue, lane, typeof(TMessage).Name, JsonSerializer.Serialize(message, typeof(TMessage), MessageJson.Default), providerUserId, correlationId, delay);

    /// <summary>Sends one message with the caller's commit.</summary>
    public static Task SendAsync<TMessage>(NpgsqlConnection connection, TMessage message, Lane lane, Guid? providerUserId, Guid correlationId, CancellationToken cancellationToken, TimeSpan delay = default)
        where TMessage : IMessage =>
        Outbox.AddAsync(connection, [Pack(message, lane, providerUserId, correlationId, delay)], cancellationToken);
}
