using System.Diagnostics;
using Samehost.EventLoops;
using Xunit;

namespace Samehost.Tests.EventLoops;

public sealed class SpinBudgetTests
{
    private static readonly long Short = Stopwatch.Frequency / 100_000; // 10 µs
    private static readonly long Long = Stopwatch.Frequency / 100; // 10 ms

    [Fact]
    public void Polling_is_off_at_first() => Assert.Equal(0, new SpinBudget().Budget);

    [Fact]
    public void One_short_wait_does_not_begin_polling() => Assert.Equal(0, After(Short).Budget);

    [Fact]
    public void Repeated_short_waits_are_polled_for_some_tens_of_microseconds() =>
        Assert.InRange(After(Short, Short, Short, Short).Budget, Stopwatch.Frequency / 1_000_000 * 10, Stopwatch.Frequency / 10_000);

    [Fact]
    public void Long_waits_never_lead_to_polling()
    {
        var budget = new SpinBudget();
        for (var i = 0; i < 100; i++)
        {
            budget.Slept(Long);
            Assert.Equal(0, budget.Budget);
        }
    }

    [Fact]
    public void A_few_long_waits_end_polling() => Assert.Equal(0, After(Short, Short, Short, Short, Long, Long, Long, Long, Long).Budget);

    [Fact]
    public void A_single_long_wait_does_not_end_polling()
    {
        var budget = After(Short, Short, Short, Short, Long);
        Assert.NotEqual(0, budget.Budget);
        for (var i = 0; i < 20; i++)
        {
            budget.Succeeded(Short);
            budget.Slept(Long);
            Assert.NotEqual(0, budget.Budget);
        }
    }

    [Fact]
    public void Polling_that_takes_long_until_it_succeeds_ends()
    {
        var budget = After(Short, Short, Short, Short);
        for (var i = 0; i < 5; i++)
            budget.Succeeded(Long);
        Assert.Equal(0, budget.Budget);
    }

    [Fact]
    public void After_polling_took_long_more_short_waits_are_needed_for_it_to_begin_again()
    {
        var budget = After(Short, Short);
        for (var i = 0; i < 3; i++)
            budget.Succeeded(Long);
        budget.Slept(Short);
        budget.Slept(Short);
        Assert.Equal(0, budget.Budget);
        for (var i = 0; i < 20; i++)
            budget.Slept(Short);
        Assert.NotEqual(0, budget.Budget);
    }

    [Fact]
    public void Polling_begins_again_when_waits_are_short_again() =>
        Assert.NotEqual(0, After(Short, Short, Short, Long, Long, Long, Long, Long, Short, Short, Short, Short).Budget);

    private static SpinBudget After(params ReadOnlySpan<long> waits)
    {
        var budget = new SpinBudget();
        foreach (var wait in waits)
            budget.Slept(wait);
        return budget;
    }
}
