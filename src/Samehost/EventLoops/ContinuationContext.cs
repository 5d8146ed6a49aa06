using System.Threading.Tasks.Sources;

namespace Samehost.EventLoops;

/// <summary>Where and in which context a continuation wants to run, where it asks for anything but the completing thread.</summary>
internal sealed class ContinuationContext
{
    private readonly ExecutionContext? _execution;
    private readonly object _scheduler;

    private ContinuationContext(ExecutionContext? execution, object scheduler)
    {
        _execution = execution;
        _scheduler = scheduler;
    }

    /// <summary>What <see cref="Run"/> needs; null when the continuation may run anywhere.</summary>
    public static object? Capture(ValueTaskSourceOnCompletedFlags flags)
    {
        if (flags == ValueTaskSourceOnCompletedFlags.None)
            return null;
        var execution = (flags & ValueTaskSourceOnCompletedFlags.FlowExecutionContext) != 0 ? ExecutionContext.Capture() : null;
        var scheduler = (flags & ValueTaskSourceOnCompletedFlags.UseSchedulingContext) != 0 ? CurrentScheduler() : null;
        return scheduler is null ? execution : new ContinuationContext(execution, scheduler);
    }

    /// <summary>Runs a continuation in the captured context.</summary>
    public static void Run(object context, Action<object?> continuation, object? state)
    {
        if (context is ExecutionContext execution)
        {
            ExecutionContext.Run(execution, new ContextCallback(continuation), state);
            return;
        }

        var captured = (ContinuationContext)context;
        if (captured._execution is null)
            captured.Schedule(continuation, state);
        else
            ExecutionContext.Run(captured._execution, _ => captured.Schedule(continuation, state), null);
    }

    private static object? CurrentScheduler()
    {
        if (SynchronizationContext.Current is { } synchronization && synchronization.GetType() != typeof(SynchronizationContext))
            return synchronization;
        return TaskScheduler.Current is var scheduler && scheduler != TaskScheduler.Default ? scheduler : null;
    }

    private void Schedule(Action<object?> continuation, object? state)
    {
        if (_scheduler is SynchronizationContext synchronization)
            synchronization.Post(new SendOrPostCallback(continuation), state);
        else
        {
            Task.Factory.StartNew(
                continuation, state, CancellationToken.None, TaskCreationOptions.DenyChildAttach, (TaskScheduler)_scheduler);
        }
    }
}
