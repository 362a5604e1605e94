export { idFrom } from '../../codec/ids';
