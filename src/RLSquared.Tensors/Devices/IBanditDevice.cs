namespace RLSquared.Tensors.Devices;

/// <summary>A device that plays bandits whose arms pay 1 or 0 by itself: a task that needs no host.</summary>
internal interface IBanditDevice
{
    /// <summary>
    /// The arms of the trials firstTrial, firstTrial + 1, …: means [N, A] uniform in [0, 1) by the trial's random
    /// numbers of purpose 2, and how often each was pulled, [N · A], 0.
    /// </summary>
    void BeginArms(ulong seed, ulong firstTrial, Tensor means, Indices pulled);

    /// <summary>
    /// One pull in each lane: reward 1 with the arm's mean as probability, by the random number of purpose 3, step
    /// pulled[arm] and index arm, else 0; and by how much the best arm's mean is higher. Counts the pull.
    /// </summary>
    void PullArms(ulong seed, ulong firstTrial, Tensor means, Indices pulled, Indices chosen, Tensor rewards,
        Tensor regrets);
}
