namespace Samehost.Tool.Benchmarks;

/// <summary>One measurement of one transport: round trips, then a flow of larger messages. The units are ns and bytes a second.</summary>
internal readonly record struct Run(
    double P50, double P99, double P999, double RoundTripsPerSecond, double BytesPerSecond, double LostShare);
