using RLSquared.Cli;
using RLSquared.Cli.Output;

using Terminal terminal = Terminal.OfProcess();
return Cli.Run(args, terminal);
